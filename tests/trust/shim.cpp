// SPDX-License-Identifier: GPL-2.0-or-later
// For LD_PRELOAD: what an unwilling machine does to the program.
//   TRUST_FAIL_FROM, TRUST_FAIL_EVERY  malloc, calloc, realloc and aligned_alloc fail: the FROMth
//   call, and
//                                      each EVERYth after it (0 = no other)
//   TRUST_CLOCK=FILE                   two numbers of 64 bits, nanoseconds: what is added to
//   CLOCK_REALTIME
//                                      and to CLOCK_BOOTTIME. The file may change at any time.
//   TRUST_COUNT=FILE                   gets the number of calls at the end
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

// NOLINTBEGIN: names and types are glibc's
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<std::uint64_t> calls{0};
std::atomic<bool> armed{false};
std::uint64_t from = 0, every = 0;
const std::int64_t* offsets = nullptr;

std::uint64_t number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

__attribute__((constructor)) void begin() {
  from = number("TRUST_FAIL_FROM");
  every = number("TRUST_FAIL_EVERY");
  if (const char* path = std::getenv("TRUST_CLOCK")) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    void* at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, 16, PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) offsets = static_cast<const std::int64_t*>(at);
    if (fd >= 0) ::close(fd);
  }
}

int (*real_main)(int, char**, char**) = nullptr;

// What libraries do before main() is not ours to survive.
int armed_main(int argc, char** argv, char** environment) {
  armed = true;
  return real_main(argc, argv, environment);
}

__attribute__((destructor)) void end() {
  armed = false;
  if (const char* path = std::getenv("TRUST_COUNT")) {
    char text[32];
    const int n =
        std::snprintf(text, sizeof text, "%llu\n", static_cast<unsigned long long>(calls.load()));
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0) {
      (void)!::write(fd, text, static_cast<std::size_t>(n));
      ::close(fd);
    }
  }
}

bool fails() {
  if (!armed.load(std::memory_order_relaxed)) return false;
  const auto n = calls.fetch_add(1) + 1;
  if (from == 0 || n < from) return false;
  if (n != from && (every == 0 || (n - from) % every != 0)) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(),
                      void (*fini)(), void (*rtld_fini)(), void* stack_end) {
  using Real = decltype(&__libc_start_main);
  const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  real_main = main;
  return real(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t n, std::size_t size) { return fails() ? nullptr : __libc_calloc(n, size); }
void* realloc(void* p, std::size_t size) { return fails() ? nullptr : __libc_realloc(p, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  if (fails()) return ENOMEM;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}

int clock_gettime(clockid_t clock, timespec* out) {
  using Real = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, out);
  if (offsets == nullptr || result != 0) return result;
  const volatile std::int64_t* now = offsets;
  const std::int64_t add = clock == CLOCK_REALTIME ? now[0] : clock == CLOCK_BOOTTIME ? now[1] : 0;
  const std::int64_t total = out->tv_sec * 1'000'000'000 + out->tv_nsec + add;
  out->tv_sec = total / 1'000'000'000;
  out->tv_nsec = total % 1'000'000'000;
  return 0;
}
}
// NOLINTEND
