#include "listing/picture.h"

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

// A tree that is deeper goes on at the left: its width would make the text quadratic.
constexpr size_t kDeepest = 60;

const TypeStyle& StyleOf(std::string_view type) {
  for (const TypeStyle& style : kTypeStyles) {
    if (style.type == type) return style;
  }
  return kOtherStyle;
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
      if (lineage_.parent_counts[place] == 0) WriteFrom(place);
    }
    // What only a cycle leads to, and what lies too deep.
    for (uint32_t place = 0; place < lineage_.rows.size(); ++place) {
      if (!is_drawn_[place]) WriteFrom(place);
    }
  }

 private:
  // A row whose children are being drawn.
  struct Level {
    uint32_t place;
    size_t next;    // of its children
    size_t indent;  // of the row itself
  };

  void WriteFrom(uint32_t root) {
    WriteLine(root);
    std::vector<Level> path = {{root, 0, 0}};
    // What stands before a child: a bar for each level that goes on.
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
      if (lineage_.children[child].empty()) {
        WriteLine(child);
      } else if (is_drawn_[child] || path.size() == kDeepest) {
        WriteName(child);
        out_.Append(is_drawn_[child] ? " (*)\n" : " ...\n");
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
    out_.Append(SearchName(document_, row));
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
};

// A quoted string of the DOT language, in which only quotes need an escape; a backslash begins one
// of Graphviz' own.
void AppendDotString(std::string_view text, TextBuffer& out) {
  out.Append('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.Append('\\');
    if (c == '\n') {
      out.Append("\\n");
    } else {
      out.Append(c);
    }
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
