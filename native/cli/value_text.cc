#include "cli/value_text.h"

#include <string_view>

#include "convert/json_writer.h"

namespace flatmanifest::cli {

namespace {

constexpr int kIndent = 2;

class ValuePrinter {
 public:
  explicit ValuePrinter(const Document& document) : document_(document), guard_(document) {}

  std::string Print(Cell cell) {
    if (cell.is(CellKind::kString)) return std::string(document_.String(cell.index()));
    if (IsInline(cell)) return Json(cell);
    PrintElements(cell, 0);
    text_.erase(0, 1);  // every line begins with its break
    return std::move(text_);
  }

 private:
  std::string Json(Cell cell) const {
    BulkText json;
    WriteJson(document_, cell, json);
    return std::string(json.text());
  }

  bool IsInline(Cell cell) const {
    return !cell.is_container() || document_.Elements(cell).empty();
  }

  void StartLine(int indent) { text_.append("\n").append(indent, ' '); }

  void PrintElements(Cell container, int indent) {
    const auto elements = document_.Elements(container);
    const WalkGuard::Level level(guard_, elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      StartLine(indent);
      if (container.is(CellKind::kObject)) {
        text_.append(document_.String(document_.Keys(container)[i])).append(":");
      } else {
        text_ += '-';
      }
      PrintMember(elements[i], indent + kIndent);
    }
  }

  // Writes the part that follows "key:" or "-".
  void PrintMember(Cell cell, int indent) {
    if (cell.is(CellKind::kString)) {
      PrintString(document_.String(cell.index()), indent);
    } else if (IsInline(cell)) {
      text_.append(" ").append(Json(cell));
    } else {
      PrintElements(cell, indent);
    }
  }

  void PrintString(std::string_view string, int indent) {
    if (string.find('\n') == std::string_view::npos) {
      text_.append(" ").append(string.empty() ? "\"\"" : string);
      return;
    }
    text_ += " |";
    for (size_t begin = 0; begin <= string.size();) {
      const size_t end = std::min(string.find('\n', begin), string.size());
      StartLine(indent);
      text_.append(string.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  const Document& document_;
  WalkGuard guard_;
  std::string text_;
};

}  // namespace

std::string ValueText(const Document& document, Cell cell) {
  return ValuePrinter(document).Print(cell);
}

}  // namespace flatmanifest::cli
