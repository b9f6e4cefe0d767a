// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/screen.h"

#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "top/terminfo.h"

// Its macros are called move, erase, timeout.
#define NCURSES_NOMACROS
#include <curses.h>

namespace netweir::top {
namespace {

/// What ends a program by default, but for what its caller takes by itself.
constexpr std::array crashes{SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,  SIGTRAP,
                             SIGSYS,  SIGXCPU, SIGUSR1, SIGUSR2, SIGVTALRM};
constexpr int escape_ms = 25;  // how long after Esc the rest of a key may come

/// What a signal handler needs to give the terminal back: plain memory.
struct Restore {
  volatile std::sig_atomic_t active = 0;
  termios modes{};
  std::array<char, 256> octets{};
  std::size_t size = 0;
  std::array<struct sigaction, crashes.size()> before{};
};
Restore restore;

/// Only calls that signal-safety(7) names.
void crashed(int signal, siginfo_t* info, void* /*context*/) {
  if (restore.active != 0) {
    restore.active = 0;
    (void)!::write(STDOUT_FILENO, restore.octets.data(), restore.size);
    (void)::tcsetattr(STDOUT_FILENO, TCSANOW, &restore.modes);
  }
  for (std::size_t i = 0; i < crashes.size(); ++i) {
    if (crashes[i] == signal) (void)::sigaction(signal, &restore.before[i], nullptr);
  }
  // Going on runs into the same fault again; what somebody sent does not come again by itself.
  if (info->si_code <= 0) (void)::raise(signal);
}

void guard_against_crashes() {
  restore.size = 0;
  for (const char* name : {"sgr0", "op", "rmkx", "cnorm", "rmcup"}) {
    const auto text = capability(name);
    if (text.size() <= restore.octets.size() - restore.size)
      restore.size += text.copy(restore.octets.data() + restore.size, text.size());
  }
  struct sigaction action {};
  action.sa_sigaction = crashed;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < crashes.size(); ++i)
    (void)::sigaction(crashes[i], &action, &restore.before[i]);
  restore.active = 1;
}

void forget_crashes() {
  if (std::exchange(restore.active, 0) == 0) return;
  for (std::size_t i = 0; i < crashes.size(); ++i)
    (void)::sigaction(crashes[i], &restore.before[i], nullptr);
}

/// While it lives, a terminal that nobody reads holds up a write for a moment only: then what waits
/// there is thrown away, so that the write goes on. ncurses itself never gives up.
class Patience {
 public:
  Patience() {
    threw_away = 0;
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int error = errno;
      threw_away = 1;
      (void)::tcflow(STDOUT_FILENO, TCOOFF);
      (void)::tcflow(STDOUT_FILENO, TCOON);
      (void)::tcflush(STDOUT_FILENO, TCOFLUSH);
      errno = error;
    };
    sigemptyset(&action.sa_mask);  // without SA_RESTART: the write is to begin again
    (void)::sigaction(SIGALRM, &action, &before_);
    set(a_moment_us);
  }
  ~Patience() {
    set(0);
    (void)::sigaction(SIGALRM, &before_, nullptr);
  }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  /// What was drawn is not all there.
  static bool ran_out() noexcept { return threw_away != 0; }

 private:
  static constexpr suseconds_t a_moment_us = 250'000;
  static void set(suseconds_t us) noexcept {
    const itimerval every{.it_interval = {.tv_sec = 0, .tv_usec = us},
                          .it_value = {.tv_sec = 0, .tv_usec = us}};
    (void)::setitimer(ITIMER_REAL, &every, nullptr);
  }
  static inline volatile std::sig_atomic_t threw_away = 0;
  struct sigaction before_ {};
};

short events_of(int fd, short wanted) noexcept {
  pollfd p{.fd = fd, .events = wanted, .revents = 0};
  return ::poll(&p, 1, 0) > 0 ? p.revents : short{0};
}
bool takes_output() noexcept { return (events_of(STDOUT_FILENO, POLLOUT) & POLLOUT) != 0; }

std::string utf8(wchar_t wide) {
  const auto c = std::bit_cast<std::uint32_t>(wide);
  const auto octet = [](std::uint32_t v) { return static_cast<char>(v); };
  const auto tail = [&](unsigned shift) { return octet(0x80U | (c >> shift & 0x3fU)); };
  if (c < 0x80) return {octet(c)};
  if (c < 0x800) return {octet(0xc0U | c >> 6U), tail(0)};
  if (c < 0x10000) return {octet(0xe0U | c >> 12U), tail(6), tail(0)};
  return {octet(0xf0U | c >> 18U), tail(12), tail(6), tail(0)};
}

Key key_of_code(wint_t code) {
  using Code = Key::Code;
  switch (code) {
    case KEY_UP:
      return {Code::up};
    case KEY_DOWN:
      return {Code::down};
    case KEY_LEFT:
      return {Code::left};
    case KEY_RIGHT:
      return {Code::right};
    case KEY_PPAGE:
      return {Code::page_up};
    case KEY_NPAGE:
      return {Code::page_down};
    case KEY_HOME:
      return {Code::home};
    case KEY_END:
      return {Code::end};
    case KEY_BTAB:
      return {Code::back_tab};
    case KEY_BACKSPACE:
    case KEY_DC:
      return {Code::backspace};
    case KEY_ENTER:
      return {Code::enter};
    default:
      return {Code::other};
  }
}

Key key_of_character(wint_t c) {
  using Code = Key::Code;
  constexpr wint_t escape = 0x1b;
  constexpr wint_t rubout = 0x7f;
  constexpr wint_t control_l = 0x0c;
  switch (c) {
    case escape:
      return {Code::escape};
    case '\r':
    case '\n':
      return {Code::enter};
    case '\t':
      return {Code::tab};
    case '\b':
    case rubout:
      return {Code::backspace};
    case control_l:
      return {Code::redraw};
    default:
      break;
  }
  return c < ' ' ? Key{} : Key{Code::text, utf8(static_cast<wchar_t>(c))};
}

}  // namespace

struct Screen::State {
  SCREEN* screen = nullptr;
  std::FILE* keys = nullptr;  ///< stdin, or one of our own
  bool colours = false;
  bool gone = false;

  attr_t look(Style style) const {
    switch (style) {
      case Style::title:
        return A_BOLD;
      case Style::header:
      case Style::selected:
        return style == Style::selected ? A_REVERSE : A_REVERSE | A_BOLD;
      case Style::dim:
        return A_DIM;
      case Style::bad:
        return A_BOLD | (colours ? static_cast<attr_t>(COLOR_PAIR(1)) : attr_t{0});
      case Style::plain:
        break;
    }
    return A_NORMAL;
  }
};

Charset charset_of_locale() {
  (void)std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8" ? Charset::utf8 : Charset::ascii;
}

Status Screen::usable() {
  if (has_screen()) return Ok{};
  const char* type = std::getenv("TERM");
  return Error{ENOTTY,
               "the terminal type " + (type == nullptr ? std::string("(TERM is not set)") : type) +
                   " has no screen",
               {}};
}

Screen::Screen(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Screen>> Screen::open() {
  if (::tcgetattr(STDOUT_FILENO, &restore.modes) != 0)
    return Error{errno, std::string("standard output: ") + std::strerror(errno), {}};
  auto state = std::make_unique<State>();
  state->keys = stdin;
  if (::isatty(STDIN_FILENO) != 1) {
    const int fd = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    state->keys = fd < 0 ? nullptr : ::fdopen(fd, "r");
  }
  state->screen = ::newterm(nullptr, stdout, state->keys == nullptr ? stdin : state->keys);
  if (state->screen == nullptr) {
    if (state->keys != nullptr && state->keys != stdin) (void)std::fclose(state->keys);
    return Error{ENOTTY, "the terminal cannot be set up", {}};
  }
  guard_against_crashes();
  (void)::cbreak();
  (void)::noecho();
  (void)::nonl();
  (void)::curs_set(0);
  (void)::keypad(stdscr, TRUE);
  (void)::nodelay(stdscr, TRUE);
  (void)::set_escdelay(escape_ms);
  const char* no_colour = std::getenv("NO_COLOR");
  state->colours = (no_colour == nullptr || *no_colour == '\0') && ::has_colors() == TRUE &&
                   ::start_color() == OK;
  if (state->colours) {
    const bool own = ::use_default_colors() == OK;
    (void)::init_pair(1, COLOR_RED, own ? short{-1} : short{COLOR_BLACK});
  }
  auto screen = std::unique_ptr<Screen>(new Screen(std::move(state)));
  screen->resized();
  return screen;
}

Screen::~Screen() {
  const Patience patience;
  (void)::endwin();
  (void)std::fflush(stdout);
  forget_crashes();
  (void)::tcsetattr(STDOUT_FILENO, TCSANOW, &restore.modes);
  ::delscreen(state_->screen);
  if (state_->keys != nullptr && state_->keys != stdin) (void)std::fclose(state_->keys);
}

Size Screen::size() const noexcept {
  return {static_cast<std::size_t>(std::max(::getmaxx(stdscr), 1)),
          static_cast<std::size_t>(std::max(::getmaxy(stdscr), 1))};
}

void Screen::draw(const std::vector<Line>& lines) {
  if (state_->gone || !takes_output()) return;
  const Patience patience;
  (void)::werase(stdscr);
  int y = 0;
  for (const auto& line : lines) {
    (void)::wattrset(stdscr, static_cast<int>(state_->look(line.style)));
    (void)::wmove(stdscr, y++, 0);
    (void)::waddnstr(stdscr, line.text.data(), static_cast<int>(line.text.size()));
  }
  (void)::wattrset(stdscr, A_NORMAL);
  (void)::wrefresh(stdscr);
  if (Patience::ran_out()) redraw();
}

int Screen::fd() const noexcept { return state_->keys == nullptr ? -1 : ::fileno(state_->keys); }

bool Screen::gone() const noexcept { return state_->gone; }

std::optional<Key> Screen::key() {
  if (fd() < 0 || state_->gone) return std::nullopt;
  const auto events = events_of(fd(), POLLIN);
  if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    state_->gone = true;
    return std::nullopt;
  }
  wint_t c = 0;
  const int got = ::wget_wch(stdscr, &c);
  if (got == ERR) {
    // Readable, and nothing to read: its end. Or something that is not for us: nobody can bring us
    // to the foreground again, else reading had stopped us.
    int waiting = 0;
    if ((events & POLLIN) != 0 && (events_of(fd(), POLLIN) & POLLIN) != 0 &&
        ::ioctl(fd(), FIONREAD, &waiting) == 0)
      state_->gone = waiting == 0 || ::tcgetpgrp(fd()) != ::getpgrp();
    return std::nullopt;
  }
  return got == KEY_CODE_YES ? key_of_code(c) : key_of_character(c);
}

void Screen::resized() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return;
  (void)::resizeterm(size.ws_row, size.ws_col);
  redraw();
}

void Screen::redraw() { (void)::clearok(curscr, TRUE); }

void Screen::stop() {
  {
    const Patience patience;
    (void)::endwin();
    (void)std::fflush(stdout);
    (void)::tcsetattr(STDOUT_FILENO, TCSANOW, &restore.modes);
  }
  (void)::kill(::getpid(), SIGSTOP);
  resumed();
}

void Screen::resumed() {
  const Patience patience;
  (void)::reset_prog_mode();
  (void)::curs_set(0);
  resized();
  redraw();
  (void)::wrefresh(stdscr);
  if (Patience::ran_out()) redraw();
}

}  // namespace netweir::top
