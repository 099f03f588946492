#include "select/config_method.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "select/config_value.h"
#include "select/python_text.h"
#include "select/row_fields.h"

namespace flatmanifest {

namespace {

// The value of config.…:, as dbt compares it with values of Python's types.
class ConfigMatcher {
 public:
  ConfigMatcher(const Document& document, const Criteria& criteria)
      : document_(document),
        value_(criteria.value),
        other_(criteria.other_value),
        ignores_case_(criteria.arguments.size() == 1 && criteria.arguments[0] == "severity"),
        is_true_(EqualUpper(value_, "true")),
        is_false_(EqualUpper(value_, "false")) {}

  bool Matches(const ConfigValue& value) const {
    if (value.text) return EqualsText(*value.text);
    if (!value.cell.is(CellKind::kArray)) {
      return EqualsCell(value.cell) || (is_true_ && value.cell.is(CellKind::kTrue)) ||
             (is_false_ && value.cell.is(CellKind::kFalse));
    }
    const auto elements = document_.Elements(value.cell);
    return std::any_of(elements.begin(), elements.end(), [&](Cell element) {
      if (element.is(CellKind::kString)) return EqualsText(document_.String(element.index()));
      // `True in values` is also true for 1 and 1.0.
      return EqualsCell(element) || (is_true_ && NumberOf(document_, element) == 1.0) ||
             (is_false_ && NumberOf(document_, element) == 0.0);
    });
  }

 private:
  bool EqualsText(std::string_view text) const {
    if (ignores_case_) return EqualUpper(value_, text);
    return !other_ && value_ == text;
  }

  // Compares a cell that is no text.
  bool EqualsCell(Cell cell) const {
    if (!other_ || ignores_case_) return false;
    if (cell.is(CellKind::kNull) || other_->is(CellKind::kNull))
      return cell.kind() == other_->kind();
    const auto number = NumberOf(document_, cell);
    return number && number == NumberOf(document_, *other_);
  }

  const Document& document_;
  const std::string& value_;
  const std::optional<Cell> other_;
  const bool ignores_case_;
  const bool is_true_;
  const bool is_false_;
};

struct Answer {
  bool matches = false;
  bool in_meta = false;
};

// Remembers the result for a config: equal configs are one value in the file, and most resources
// share theirs with many others.
class RecentAnswers {
 public:
  template <typename Ask>
  const Answer& Of(const ResourceColumns& rows, Row row, Ask ask) {
    const uint64_t config = rows.config[row].bits();
    const StringId type = rows.resource_type[row];  // the same config has another class elsewhere
    Entry& entry = entries_[(config * kMixer + type) >> (64 - kBits)];
    if (!entry.is_set || entry.config != config || entry.type != type) {
      entry = {config, type, true, ask()};
    }
    return entry.answer;
  }

 private:
  static constexpr int kBits = 10;
  static constexpr uint64_t kMixer = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio

  struct Entry {
    uint64_t config = 0;
    StringId type = 0;
    bool is_set = false;
    Answer answer;
  };

  std::vector<Entry> entries_ = std::vector<Entry>(size_t{1} << kBits);
};

std::string MetaKeyWarning(const std::string& key) {
  return "WARNING: The key '" + key + "' was not found using config.get('" + key +
         "'), but was detected as a custom config under 'meta'. Please use config.meta_get('" +
         key + "') or config.meta_require('" + key + "') instead of config.get('" + key +
         "') to access the custom config value if intended.";
}

}  // namespace

RowSet SearchConfig(const Document& document, const Criteria& criteria, const RowSet& included,
                    std::vector<std::string>& warnings) {
  // Without a name, dbt compares the config as a whole, which equals no text.
  if (criteria.arguments.empty()) return RowSet(included.size());
  const ConfigMatcher matcher(document, criteria);
  ConfigPath path(document, criteria.arguments);
  RecentAnswers answers;
  RowSet found(included.size());
  included.ForEach([&](Row row) {
    const Collection collection = CollectionOf(document, row);
    if (collection != Collection::kNodes && collection != Collection::kSources) return;
    const Answer& answer = answers.Of(document.resources(), row, [&] {
      bool in_meta = false;
      const auto value = path.Find(row, in_meta);
      return Answer{value && matcher.Matches(*value), in_meta};
    });
    if (answer.in_meta) warnings.push_back(MetaKeyWarning(criteria.arguments[0]));
    if (answer.matches) found.Insert(row);
  });
  return found;
}

}  // namespace flatmanifest
