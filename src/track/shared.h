// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "track/slab.h"

namespace netweir::track {

/// A value in memory of zeros that one thread writes and any number read it. What a reader got
/// it from comes with all that the writer did before: see Sequence. The compiler's builtins do on
/// plain memory what std::atomic_ref does, without a check of alignment at each access.
template <class T>
class Cell {
  static_assert(__atomic_always_lock_free(sizeof(T), nullptr));

 public:
  T read() const noexcept { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  T own() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }  ///< by the writer
  void write(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }

 private:
  alignas(sizeof(T)) T value_;
};

/// Tells readers of several cells whether the writer changed them meanwhile: odd while it does. A
/// reader that sees a cell written within a change sees the change's odd number too, since the one
/// is a release and an acquire and the other came before: no fence is needed, and none is there,
/// which TSan would not understand.
class Sequence {
 public:
  static constexpr bool changing(std::uint32_t number) noexcept { return (number & 1U) != 0; }

  std::uint32_t read() const noexcept { return number_.read(); }
  std::uint32_t own() const noexcept { return number_.own(); }  ///< by the writer
  void advance() noexcept { number_.write(number_.own() + 1); }

 private:
  Cell<std::uint32_t> number_;
};

/// A change of what a sequence guards; part of the one that is going on, if there is one.
class Change {
 public:
  explicit Change(Sequence& of) noexcept : of_(Sequence::changing(of.own()) ? nullptr : &of) {
    if (of_ != nullptr) of_->advance();
  }
  ~Change() {
    if (of_ != nullptr) of_->advance();
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  Sequence* of_;
};

/// Zeros at the beginning of a cache line, which the kernel gives when they are first touched.
template <class T>
class Lines {
 public:
  static constexpr std::size_t line = 64;

  explicit Lines(std::size_t count) : memory_(zeros<std::byte>(count * sizeof(T) + line)) {
    void* begin = memory_.get();
    auto size = count * sizeof(T) + line;
    items_ = static_cast<T*>(std::align(line, count * sizeof(T), begin, size));
  }
  T& operator[](std::size_t n) noexcept { return items_[n]; }
  const T& operator[](std::size_t n) const noexcept { return items_[n]; }

 private:
  Lazy<std::byte> memory_;
  T* items_;
};

}  // namespace netweir::track
