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

/// A libFuzzer mutator of netlink messages. It works on attributes and mends the lengths around
/// them most of the time, so that what it makes gets past the first check.
class AttributeMutator {
 public:
  /// `types`: attributes get a type below it. `depth`: how many nests it goes into. `nested` says
  /// of a type, which may have NLA_F_NESTED, whether it is one.
  AttributeMutator(unsigned int seed, std::uint16_t types, int depth, bool (*nested)(std::uint16_t))
      : random_(seed), types_(types), depth_(depth), nested_(nested) {}

  /// One message of which `header` octets stay, for LLVMFuzzerCustomMutator; the new size.
  std::size_t message(std::uint8_t* data, std::size_t size, std::size_t max_size,
                      std::size_t header) {
    if (size < header || max_size < header || random_() % 16 == 0)
      return LLVMFuzzerMutate(data, size, max_size);
    auto attributes = split(data + header, size - header);
    mutate(attributes, 0);
    auto body = join(attributes);
    body.resize(std::min(body.size(), max_size - header));
    std::copy(body.begin(), body.end(), data + header);
    const auto length = static_cast<std::uint32_t>(header + body.size());
    std::memcpy(data, &length, sizeof length);
    return length;
  }

 private:
  struct Attribute {
    std::uint16_t type = 0;
    std::vector<std::uint8_t> value;
  };

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

  static void append(std::vector<std::uint8_t>& out, const Attribute& a, std::size_t length) {
    const std::uint16_t head[2] = {static_cast<std::uint16_t>(length), a.type};
    const auto* octets = reinterpret_cast<const std::uint8_t*>(head);
    out.insert(out.end(), octets, octets + sizeof head);
    out.insert(out.end(), a.value.begin(), a.value.end());
    out.resize((out.size() + 3) & ~std::size_t{3});
  }

  std::vector<std::uint8_t> join(const std::vector<Attribute>& attributes) {
    std::vector<std::uint8_t> out;
    const bool spoil = random_() % 8 == 0;
    const auto which = attributes.empty() ? 0 : random_() % attributes.size();
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const auto length = attributes[i].value.size() + 4;
      append(out, attributes[i], spoil && i == which ? random_() % 65536 : length);
    }
    return out;
  }

  std::uint16_t any_type() { return static_cast<std::uint16_t>(random_() % types_); }

  void mutate(std::vector<Attribute>& attributes, int depth) {
    const std::size_t sizes[] = {0, 1, 2, 4, 8, 16};
    const auto any = [&] { return random_() % attributes.size(); };
    switch (attributes.empty() ? 0 : random_() % 6) {
      case 0: {  // one more
        Attribute a;
        a.type = any_type();
        a.value.resize(sizes[random_() % 6]);
        for (auto& octet : a.value) octet = static_cast<std::uint8_t>(random_());
        attributes.insert(
            attributes.begin() + static_cast<std::ptrdiff_t>(random_() % (attributes.size() + 1)),
            std::move(a));
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
