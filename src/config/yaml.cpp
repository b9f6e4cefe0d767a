// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <sstream>
#include <tuple>
#include <utility>

namespace netweir::config {

namespace {

Place place(const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

std::string text_of(Place at) {
  return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
}

/// Thrown by the handler to end the parse early. Does not leave this file.
struct Enough {};

/// Builds the tree from yaml-cpp's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view yaml, Report& report) : yaml_(yaml), report_(report) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    const auto rest = yaml_.substr(std::min(static_cast<std::size_t>(mark.pos), yaml_.size()));
    report_.add(place(mark), rest.starts_with("---") || rest.starts_with("...")
                                 ? "a second document begins here; a configuration is one document"
                                 : "this does not belong to what stands before it: check the "
                                   "indentation, brackets and quotes");
    throw Enough{};
  }
  void OnDocumentEnd() override { flush(); }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    report_.add(place(mark), "anchors (&" + harmless(name.substr(0, 60)) + ") are not taken");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report_.add(place(mark), "aliases (*name) are not taken: write the value itself");
    flush();
    put(node(mark, YamlNode::Kind::refused));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    flush();
    YamlNode n = node(mark, YamlNode::Kind::nothing);
    if (const auto dash = item_before(mark)) n.at = *dash;
    put(std::move(n));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    YamlNode n = node(mark, YamlNode::Kind::scalar);
    n.text = value;
    n.quoted = tag == "!";
    if (n.quoted) check_closed(mark);
    if (!n.quoted) refuse_tag(tag, n);
    flush();
    pending_ = std::move(n);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  /// Where the innermost list or map that is not at its end begins.
  Place innermost() const { return levels_.empty() ? Place{} : levels_.back().node.at; }

  /// The tree, also where the parse ended inside of it. Then the last value may be the half of
  /// something else: it is there, and refused.
  YamlNode take() {
    if (pending_) pending_->kind = YamlNode::Kind::refused;
    flush();
    while (!levels_.empty()) {
      levels_.back().node.whole = false;
      close();
      flush();
    }
    return std::move(root_);
  }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlNode> key{};
  };

  static YamlNode node(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode n;
    n.kind = kind;
    n.at = place(mark);
    return n;
  }

  void refuse_tag(const std::string& tag, YamlNode& n) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report_.add(n.at, "tags (!name) are not taken: write the value alone");
    n.kind = YamlNode::Kind::refused;
  }

  /// The `-` of an item without a value: yaml-cpp gives the place of what comes after it.
  std::optional<Place> item_before(const YAML::Mark& mark) const {
    auto at = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), yaml_.size());
    auto line = place(mark).line;
    while (at > 0 && std::string_view(" \t\r\n").find(yaml_[at - 1]) != std::string_view::npos) {
      if (yaml_[--at] == '\n') --line;
    }
    if (at == 0 || yaml_[at - 1] != '-') return std::nullopt;
    const auto before = yaml_.rfind('\n', at - 1);
    return Place{line, before == std::string_view::npos ? at : at - before - 1};
  }

  /// A scalar is put when the next event shows that it was all there.
  void flush() {
    if (!pending_) return;
    YamlNode n = std::move(*pending_);
    pending_.reset();
    put(std::move(n));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    flush();
    YamlNode n = node(mark, kind);
    refuse_tag(tag, n);
    if (levels_.size() == max_depth) {
      report_.add(n.at, "lists and maps lie in one another more than " + std::to_string(max_depth) +
                            " deep");
      throw Enough{};
    }
    levels_.push_back({std::move(n)});
  }

  void close() {
    flush();
    YamlNode n = std::move(levels_.back().node);
    levels_.pop_back();
    // In [a: b and also in [a the parser sees a map before it knows better.
    if (n.kind == YamlNode::Kind::map && n.entries.size() == 1 &&
        n.entries[0].value.kind == YamlNode::Kind::nothing) {
      pending_ = std::move(n);
    } else {
      put(std::move(n));
    }
  }

  void put(YamlNode n) {
    if (levels_.empty()) {
      root_ = std::move(n);
      return;
    }
    auto& level = levels_.back();
    // A refused map still has its keys and values in turn.
    if (level.node.kind == YamlNode::Kind::list) {
      level.node.items.push_back(std::move(n));
    } else if (level.node.kind == YamlNode::Kind::map) {
      if (!level.key) {
        level.key = std::move(n);
      } else {
        entry(level, std::move(n));
      }
    }
  }

  void entry(Level& level, YamlNode value) {
    YamlNode key = std::move(*level.key);
    level.key.reset();
    if (key.kind == YamlNode::Kind::nothing) {
      report_.add(key.at, "a key is missing here");
    } else if (key.kind != YamlNode::Kind::scalar) {
      if (key.kind != YamlNode::Kind::refused) report_.add(key.at, "a key must be a word");
    } else if (!key.quoted && key.text == "<<") {
      report_.add(key.at, "merge keys (<<) are not taken: write the keys themselves");
    } else {
      level.node.entries.push_back({std::move(key), std::move(value)});
    }
  }

  /// yaml-cpp takes the end of the file for the end of a quoted text.
  void check_closed(const YAML::Mark& mark) {
    auto at = static_cast<std::size_t>(mark.pos);
    if (at >= yaml_.size()) return;
    const char quote = yaml_[at++];
    if (quote != '"' && quote != '\'') return;
    for (; at < yaml_.size(); ++at) {
      if (quote == '"' && yaml_[at] == '\\') {
        ++at;
      } else if (yaml_[at] == quote) {
        if (quote == '"' || at + 1 >= yaml_.size() || yaml_[at + 1] != quote) return;
        ++at;
      }
    }
    report_.add(place(mark), "the quote that opens here is never closed");
    throw Enough{};
  }

  std::string_view yaml_;
  Report& report_;
  YamlNode root_;
  std::vector<Level> levels_;
  std::optional<YamlNode> pending_{};
  std::size_t documents_ = 0;
};

/// A tab in the indentation of the line of `at`; else nothing.
std::optional<Place> indenting_tab(std::string_view yaml, Place at) {
  for (std::size_t line = 1; line < at.line; ++line) {
    const auto end = yaml.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    yaml.remove_prefix(end + 1);
  }
  const auto first = std::min(yaml.find_first_not_of(" \t-"), yaml.size());
  const auto tab = yaml.substr(0, first).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return Place{at.line, tab + 1};
}

bool is_open_bracket(const std::string& message) {
  return message.starts_with(YAML::ErrorMsg::END_OF_SEQ_FLOW) ||
         message.starts_with(YAML::ErrorMsg::END_OF_MAP_FLOW);
}

/// A bracket that is never closed, told where it opens: where that was noticed is far off.
std::string not_closed(const std::string& message, Place opens, Place noticed) {
  const bool list = message.starts_with(YAML::ErrorMsg::END_OF_SEQ_FLOW);
  std::string text = list ? "the list that opens here is not closed: `,` or `]` is missing"
                          : "the map that opens here is not closed: `,` or `}` is missing";
  if (std::tie(opens.line, opens.column) < std::tie(noticed.line, noticed.column)) {
    text += " before " + text_of(noticed);
  }
  return text;
}

/// yaml-cpp's message in words that say what to do.
std::string clearer(const std::string& message, Place innermost) {
  namespace msg = YAML::ErrorMsg;
  const auto is = [&](const char* known) { return message.starts_with(known); };
  if (is(msg::END_OF_MAP) || is(msg::END_OF_SEQ)) {
    return "this does not line up with what begins in " + text_of(innermost) +
           ": check the indentation";
  }
  if (is(msg::MAP_VALUE) || is(msg::MAP_KEY)) {
    return "a `:` is not expected here: check the indentation and the line above (a `:` needs a "
           "blank after it), or put text that has `: ` in quotes";
  }
  if (is(msg::BLOCK_ENTRY)) {
    return "a `-` is not expected here: each item of a list is a line of its own, indented alike";
  }
  if (is(msg::FLOW_END)) {
    return "this bracket closes nothing, or another one inside is still open";
  }
  if (is(msg::UNKNOWN_TOKEN)) return "a value cannot begin like this: put it in quotes";
  if (is(msg::TAB_IN_INDENTATION)) return "a tab in the indentation: YAML takes blanks only";
  if (is(msg::UNKNOWN_ANCHOR) || is(msg::ALIAS_NOT_FOUND) || is(msg::CHAR_IN_ALIAS) ||
      is(msg::ALIAS_CONTENT) || is(msg::MULTIPLE_ALIASES)) {
    return "aliases (*name) are not taken: write the value itself, or put it in quotes";
  }
  if (is(msg::ANCHOR_NOT_FOUND) || is(msg::CHAR_IN_ANCHOR) || is(msg::MULTIPLE_ANCHORS)) {
    return "anchors (&name) are not taken: put text that begins with & in quotes";
  }
  if (is(msg::MULTIPLE_TAGS) || is(msg::CHAR_IN_TAG_HANDLE) || is(msg::TAG_WITH_NO_SUFFIX) ||
      is(msg::END_OF_VERBATIM_TAG)) {
    return "tags (!name) are not taken: put text that begins with ! in quotes";
  }
  if (is(msg::INVALID_ESCAPE) || is(msg::INVALID_HEX) || is(msg::INVALID_UNICODE)) {
    return "this escape is not one of YAML's: write \\\\ for a backslash, or use single quotes";
  }
  if (is(msg::EOF_IN_SCALAR)) return "the quote that opens before this is never closed";
  if (is(msg::DOC_IN_SCALAR)) return "a quote is not closed before this line";
  return "this is not YAML: " + harmless(message);
}

/// What is refused before the parser sees it. True: nothing was found.
bool scan(std::string_view yaml, Report& report) {
  if (yaml.size() > max_file_octets) {
    report.add({}, "the file is larger than 1 MiB");
    return false;
  }
  std::size_t line = 1;
  std::size_t start = 0;
  std::size_t brackets = 0;
  bool before_content = true;
  bool good = true;
  for (std::size_t i = 0; i < yaml.size();) {
    const char c = yaml[i];
    const Place at{line, i - start + 1};
    if (i == start && before_content) {
      const auto first = yaml.find_first_not_of(" \t\r", i);
      const char content = first == std::string_view::npos ? '\n' : yaml[first];
      if (c == '%') {
        report.add(at, "directives (%...) are not taken");
        good = false;
      } else if (content != '\n' && content != '#') {
        before_content = false;
      }
    }
    const std::size_t n = utf8_length(yaml.substr(i));
    const auto octet = static_cast<unsigned char>(c);
    std::string wrong;
    if (n == 0) {
      wrong = i == 0 && octet >= 0xFE ? "this is UTF-16: save the file as UTF-8"
                                      : "this is not valid UTF-8";
    } else if (c == '\r') {
      if (i + 1 == yaml.size() || yaml[i + 1] != '\n') {
        wrong = "a carriage return without a line feed: lines end with LF or CR LF";
      }
    } else if (c == '\0') {
      wrong = "a NUL octet: is this a text file, in UTF-8?";
    } else if ((octet < 0x20 && c != '\t' && c != '\n') || octet == 0x7F) {
      wrong = "a control character; in double quotes it can be written as \\x and two digits";
    } else if ((c == '[' || c == '{') && ++brackets > max_brackets) {
      wrong = "more than " + std::to_string(max_brackets) + " brackets";
    }
    if (!wrong.empty()) {
      report.add(at, std::move(wrong));
      return false;
    }
    i += n;
    if (c == '\n') {
      ++line;
      start = i;
    }
  }
  return good;
}

}  // namespace

Tree parse_yaml(std::string_view yaml, Report& report) {
  Tree tree;
  tree.whole = false;
  if (!scan(yaml, report)) return tree;
  Builder builder(yaml, report);
  const auto broken = [&](Place at, const std::string& message) {
    if (const auto tab = indenting_tab(yaml, at)) {
      report.add(*tab, clearer(YAML::ErrorMsg::TAB_IN_INDENTATION, {}));
    } else if (is_open_bracket(message)) {
      report.add(builder.innermost(), not_closed(message, builder.innermost(), at));
    } else {
      report.add(at, clearer(message, builder.innermost()));
    }
  };
  try {
    std::istringstream in{std::string(yaml)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) continue;
    tree.whole = true;
  } catch (const Enough&) {  // NOLINT(bugprone-empty-catch): reported where it was thrown
  } catch (const YAML::Exception& e) {
    broken(place(e.mark), e.msg);
  } catch (const std::bad_alloc&) {  // says nothing of the file
    throw;
  } catch (const std::exception& e) {
    report.add({}, std::string("the file cannot be read: ") + harmless(e.what()));
  }
  tree.root = builder.take();
  return tree;
}

}  // namespace netweir::config
