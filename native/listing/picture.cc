#include "listing/picture.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "listing/list_output.h"
#include "select/row_fields.h"

namespace flatmanifest {

namespace {

struct TypeStyle {
  std::string_view type;
  std::string_view fill;    // in a drawing
  std::string_view escape;  // in a terminal
};

constexpr TypeStyle kTypeStyles[] = {
    {"model", "#cfe8fc", "\x1b[34m"},          {"source", "#d5f2d0", "\x1b[32m"},
    {"seed", "#e4f4c8", "\x1b[32m"},           {"snapshot", "#e2dcf8", "\x1b[35m"},
    {"test", "#f4f4f4", "\x1b[90m"},           {"unit_test", "#f4f4f4", "\x1b[90m"},
    {"exposure", "#fde2c4", "\x1b[33m"},       {"metric", "#fbd0d9", "\x1b[31m"},
    {"semantic_model", "#fbd0d9", "\x1b[31m"}, {"saved_query", "#fbd0d9", "\x1b[31m"},
};
constexpr TypeStyle kOtherStyle = {"", "#ffffff", "\x1b[39m"};

// Deeper trees continue at the left margin: their width would make the text quadratic.
constexpr size_t kDeepest = 60;

const TypeStyle& StyleOf(std::string_view type) {
  for (const TypeStyle& style : kTypeStyles) {
    if (style.type == type) return style;
  }
  return kOtherStyle;
}

// The text with control characters written as "\\u001b". Names come from a file: they must not
// control a terminal, nor contain characters that XML forbids.
std::string Visible(std::string_view text) {
  std::string visible;
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      byte = next;
      ++i;
    } else if (byte >= 0x20 && byte != 0x7F) {
      visible += text[i];
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(byte));
    visible += escape;
  }
  return visible;
}

class TreeWriter {
 public:
  TreeWriter(const Document& document, const Lineage& lineage, TreeStyle style, TextBuffer& out)
      : document_(document),
        lineage_(lineage),
        style_(style),
        out_(out),
        is_drawn_(lineage.rows.size()) {}

  void Write() {
    for (uint32_t place = 0; place < lineage_.rows.size(); ++place) {
      if (lineage_.parent_counts[place] == 0) WriteAllFrom(place);
    }
    // Rows that only a cycle leads to.
    for (uint32_t place = 0; place < lineage_.rows.size(); ++place) {
      if (!is_drawn_[place]) WriteAllFrom(place);
    }
  }

 private:
  // A row whose children are being drawn.
  struct Level {
    uint32_t place;
    size_t next;    // of its children
    size_t indent;  // of the row itself
  };

  // Writes a root, and after it the parts that are too deep below it.
  void WriteAllFrom(uint32_t root) {
    too_deep_.assign(1, root);
    // No range-based loop: WriteFrom() makes the list longer.
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (size_t i = 0; i < too_deep_.size(); ++i) {
      if (!is_drawn_[too_deep_[i]]) WriteFrom(too_deep_[i]);
    }
  }

  void WriteFrom(uint32_t root) {
    WriteLine(root);
    std::vector<Level> path = {{root, 0, 0}};
    // The text before a child: a bar for each level that continues.
    std::string indent;
    while (!path.empty()) {
      Level& level = path.back();
      const auto& children = lineage_.children[level.place];
      if (level.next == children.size()) {
        indent.resize(level.indent);
        path.pop_back();
        continue;
      }
      const uint32_t child = children[level.next++];
      const bool is_last = level.next == children.size();
      out_.Append(indent);
      out_.Append(is_last ? Corner() : Branch());
      if (is_drawn_[child]) {
        WriteName(child);
        out_.Append(" (*)\n");
      } else if (path.size() == kDeepest && !lineage_.children[child].empty()) {
        WriteName(child);
        out_.Append(" ...\n");
        too_deep_.push_back(child);
      } else {
        WriteLine(child);
        path.push_back({child, 0, indent.size()});
        indent += is_last ? "    " : Bar();
      }
    }
  }

  std::string_view Branch() const { return style_.unicode ? "├── " : "|-- "; }
  std::string_view Corner() const { return style_.unicode ? "└── " : "`-- "; }
  std::string_view Bar() const { return style_.unicode ? "│   " : "|   "; }

  void WriteLine(uint32_t place) {
    WriteName(place);
    out_.Append('\n');
    is_drawn_[place] = true;
  }

  void WriteName(uint32_t place) {
    const Row row = lineage_.rows[place];
    const std::string_view type = ColumnText(document_, document_.resources().resource_type[row]);
    if (style_.colour) out_.Append(StyleOf(type).escape);
    out_.Append(Visible(SearchName(document_, row)));
    if (style_.colour) out_.Append("\x1b[0m");
    out_.Append(" (");
    out_.Append(type);
    out_.Append(')');
  }

  const Document& document_;
  const Lineage& lineage_;
  const TreeStyle style_;
  TextBuffer& out_;
  std::vector<bool> is_drawn_;
  std::vector<uint32_t> too_deep_;  // below the root that is being drawn
};

// Appends a quoted string of the DOT language: backslashes begin escapes, ampersands HTML character
// names.
void AppendDotString(std::string_view text, TextBuffer& out) {
  out.Append('"');
  for (const char c : Visible(text)) {
    if (c == '&') {
      out.Append("&amp;");
      continue;
    }
    if (c == '"' || c == '\\') out.Append('\\');
    out.Append(c);
  }
  out.Append('"');
}

}  // namespace

void WriteTree(const Document& document, const Lineage& lineage, TreeStyle style, TextBuffer& out) {
  TreeWriter(document, lineage, style, out).Write();
}

void WriteDot(const Document& document, const Lineage& lineage, TextBuffer& out) {
  const ResourceColumns& rows = document.resources();
  const auto id = [&](uint32_t place) {
    AppendDotString(ColumnText(document, rows.unique_id[lineage.rows[place]]), out);
  };
  out.Append(
      "digraph selection {\n"
      "  rankdir=LR;\n"
      "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];\n"
      "  edge [color=\"#888888\"];\n");
  for (uint32_t place = 0; place < lineage.rows.size(); ++place) {
    const Row row = lineage.rows[place];
    out.Append("  ");
    id(place);
    out.Append(" [label=");
    AppendDotString(SearchName(document, row), out);
    out.Append(", fillcolor=\"");
    out.Append(StyleOf(ColumnText(document, rows.resource_type[row])).fill);
    out.Append("\"];\n");
  }
  for (uint32_t place = 0; place < lineage.rows.size(); ++place) {
    for (const uint32_t child : lineage.children[place]) {
      out.Append("  ");
      id(place);
      out.Append(" -> ");
      id(child);
      out.Append(";\n");
    }
  }
  out.Append("}\n");
}

}  // namespace flatmanifest
