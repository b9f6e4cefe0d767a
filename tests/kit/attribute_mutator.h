// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace netweir::test {

/// A libFuzzer mutator of netlink datagrams. It works on messages and attributes (adds, takes out,
/// doubles, swaps, nests, retypes, resizes, changes values) and then sets the lengths around them
/// right in seven cases of ten, so that most of what it makes gets past the first check.
class AttributeMutator {
 public:
  /// `types`: attributes get a type below it. `depth`: how many nests it goes into. `nested` says
  /// of a type, which may have NLA_F_NESTED, whether it is one.
  AttributeMutator(unsigned int seed, std::uint16_t types, int depth, bool (*nested)(std::uint16_t))
      : random_(seed), types_(types), depth_(depth), nested_(nested) {}

  /// A datagram, of whose messages `header` octets stay (nlmsghdr and the family's), for
  /// LLVMFuzzerCustomMutator; the new size.
  std::size_t datagram(std::uint8_t* data, std::size_t size, std::size_t max_size,
                       std::size_t header) {
    if (size < header || max_size < header || one_in(16))
      return LLVMFuzzerMutate(data, size, max_size);
    auto messages = messages_of(data, size, header);
    if (messages.empty()) return LLVMFuzzerMutate(data, size, max_size);
    change(messages, header);
    std::vector<std::uint8_t> out;
    for (const auto& m : messages) {
      if (out.size() + m.size() > max_size) break;
      out.insert(out.end(), m.begin(), m.end());
      if (&m != &messages.back())
        out.resize(std::min((out.size() + 3) & ~std::size_t{3}, max_size));
    }
    if (out.empty()) return LLVMFuzzerMutate(data, size, max_size);
    std::copy(out.begin(), out.end(), data);
    return out.size();
  }

 private:
  using Octets = std::vector<std::uint8_t>;
  struct Attribute {
    std::uint16_t type = 0;
    Octets value;
  };

  bool one_in(unsigned n) { return random_() % n == 0; }
  bool lengths_right() { return random_() % 10 < 7; }
  /// A length that is nearly right, or a bound, or anything.
  std::uint32_t wrong(std::size_t right) {
    const auto near = static_cast<std::uint32_t>(right + random_() % 9 - 4);
    const std::uint32_t all[] = {
        0, 1, 3, 4, 15, 16, 0xffff, 0xffffffff, near, near, static_cast<std::uint32_t>(random_())};
    return all[random_() % std::size(all)];
  }

  static std::vector<Octets> messages_of(const std::uint8_t* data, std::size_t size,
                                         std::size_t header) {
    std::vector<Octets> out;
    for (std::size_t at = 0; at + header <= size;) {
      std::uint32_t length = 0;
      std::memcpy(&length, data + at, sizeof length);
      const auto taken = std::clamp<std::size_t>(length, header, size - at);
      out.emplace_back(data + at, data + at + taken);
      at += (taken + 3) & ~std::size_t{3};
    }
    return out;
  }

  void change(std::vector<Octets>& messages, std::size_t header) {
    const auto any = [&] { return random_() % messages.size(); };
    switch (random_() % 12) {
      case 0: {  // the same once more
        auto copy = messages[any()];
        messages.insert(
            messages.begin() + static_cast<std::ptrdiff_t>(random_() % (messages.size() + 1)),
            std::move(copy));
        break;
      }
      case 1:
        std::swap(messages[any()], messages[any()]);
        break;
      case 2:
        if (messages.size() > 1)
          messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(any()));
        break;
      default: {
        auto& m = messages[any()];
        if (one_in(12)) {  // type, flags or the family's header
          m[4 + random_() % (header - 4)] = static_cast<std::uint8_t>(random_());
        } else {
          auto attributes = split(m.data() + header, m.size() - header);
          mutate(attributes, 0);
          const auto body = join(attributes);
          m.resize(header);
          m.insert(m.end(), body.begin(), body.end());
        }
        auto length = static_cast<std::uint32_t>(m.size());
        if (!lengths_right()) length = wrong(length);
        std::memcpy(m.data(), &length, sizeof length);
      }
    }
  }

  static std::vector<Attribute> split(const std::uint8_t* data, std::size_t size) {
    std::vector<Attribute> out;
    for (std::size_t at = 0; at + 4 <= size;) {
      std::uint16_t head[2] = {};
      std::memcpy(head, data + at, sizeof head);
      const std::size_t length = std::clamp<std::size_t>(head[0], 4, size - at);
      out.push_back({head[1], {data + at + 4, data + at + length}});
      at += (length + 3) & ~std::size_t{3};
    }
    return out;
  }

  static void append(Octets& out, const Attribute& a, std::size_t length) {
    const std::uint16_t head[2] = {static_cast<std::uint16_t>(length), a.type};
    const auto* octets = reinterpret_cast<const std::uint8_t*>(head);
    out.insert(out.end(), octets, octets + sizeof head);
    out.insert(out.end(), a.value.begin(), a.value.end());
    out.resize((out.size() + 3) & ~std::size_t{3});
  }

  Octets join(const std::vector<Attribute>& attributes) {
    Octets out;
    const bool right = lengths_right();
    const auto which = attributes.empty() ? 0 : random_() % attributes.size();
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const auto length = attributes[i].value.size() + 4;
      append(out, attributes[i], right || i != which ? length : wrong(length));
    }
    return out;
  }

  std::uint16_t any_type() { return static_cast<std::uint16_t>(random_() % types_); }

  void mutate(std::vector<Attribute>& attributes, int depth) {
    const std::size_t sizes[] = {0, 1, 2, 4, 8, 16};
    const auto any = [&] { return random_() % attributes.size(); };
    const auto somewhere = [&] {
      return attributes.begin() + static_cast<std::ptrdiff_t>(random_() % (attributes.size() + 1));
    };
    switch (attributes.empty() ? 0 : random_() % 9) {
      case 0: {  // one more
        Attribute a;
        a.type = any_type();
        a.value.resize(sizes[random_() % 6]);
        for (auto& octet : a.value) octet = static_cast<std::uint8_t>(random_());
        attributes.insert(somewhere(), std::move(a));
        break;
      }
      case 1:  // one less
        attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(any()));
        break;
      case 2:  // another type
        attributes[any()].type = any_type();
        break;
      case 3:  // another length
        attributes[any()].value.resize(sizes[random_() % 6]);
        break;
      case 4:  // another place
        std::swap(attributes[any()], attributes[any()]);
        break;
      case 5: {  // the same once more
        auto copy = attributes[any()];
        attributes.insert(somewhere(), std::move(copy));
        break;
      }
      case 6: {  // a nest around some of them; the flag as the kernel sets it, or not
        const auto first = any();
        const auto count = 1 + random_() % (attributes.size() - first);
        const auto begin = attributes.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(count);
        Attribute nest;
        nest.type = static_cast<std::uint16_t>(any_type() | (one_in(2) ? 0x8000U : 0U));
        nest.value = join({begin, end});
        attributes.erase(begin, end);
        attributes.insert(somewhere(), std::move(nest));
        break;
      }
      default: {  // another value, or a change in the nest
        auto& a = attributes[any()];
        if (depth < depth_ && nested_(a.type)) {
          auto inner = split(a.value.data(), a.value.size());
          mutate(inner, depth + 1);
          a.value = join(inner);
        } else if (!a.value.empty()) {
          a.value.resize(LLVMFuzzerMutate(a.value.data(), a.value.size(), a.value.size()));
        }
      }
    }
  }

  std::minstd_rand random_;
  std::uint16_t types_;
  int depth_;
  bool (*nested_)(std::uint16_t);
};

}  // namespace netweir::test

/// Defines the custom mutator of a target: see AttributeMutator. Nothing where there is no
/// libFuzzer.
#ifdef NETWEIR_FUZZ
#define NETWEIR_NETLINK_MUTATOR(header, types, depth, nested)                                     \
  extern "C" std::size_t LLVMFuzzerCustomMutator(                                                 \
      std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) { /*NOLINT*/ \
    return netweir::test::AttributeMutator(seed, types, depth, nested)                            \
        .datagram(data, size, max_size, header);                                                  \
  }
#else
#define NETWEIR_NETLINK_MUTATOR(header, types, depth, nested)
#endif
