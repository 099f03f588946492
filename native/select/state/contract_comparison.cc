#include "select/state/contract_comparison.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

#include "select/python_repr.h"
#include "select/request.h"
#include "select/state/field_defaults.h"
#include "select/state/iso_time.h"

namespace flatmanifest {

namespace {

// The constraints that adapters declare ENFORCED: CONSTRAINT_SUPPORT of their impl.py, in the
// releases for dbt-core 1.11 and 1.12.
enum Constraint : unsigned {
  kCheck = 1,
  kNotNull = 2,
  kUnique = 4,
  kPrimaryKey = 8,
  kForeignKey = 16,
  kEvery = 31,
};

struct AdapterSupport {
  std::string_view adapter;
  unsigned enforced;
};

constexpr AdapterSupport kSupport[] = {
    {"postgres", kEvery},
    {"duckdb", kEvery},
    {"sqlserver", kEvery},
    {"fabric", kEvery & ~kCheck},
    {"snowflake", kNotNull},
    {"bigquery", kNotNull},
    {"redshift", kNotNull},
    {"trino", kNotNull},
    {"databricks", kCheck | kNotNull},
    {"clickhouse", kCheck},
    {"spark", 0},
    {"athena", 0},
};
// dbt/adapters/base/impl.py, for adapters that declare nothing.
constexpr unsigned kBaseSupport = kNotNull | kForeignKey;

bool IsEnforced(std::string_view adapter, std::string_view constraint, UnknownConstraint unknown) {
  static constexpr std::pair<std::string_view, unsigned> kNames[] = {{"check", kCheck},
                                                                     {"not_null", kNotNull},
                                                                     {"unique", kUnique},
                                                                     {"primary_key", kPrimaryKey},
                                                                     {"foreign_key", kForeignKey}};
  const auto* name = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](const auto& n) { return n.first == constraint; });
  if (name == std::end(kNames)) {
    if (unknown == UnknownConstraint::kNotEnforced) return false;
    // dbt has no entry for constraints of the type custom: KeyError.
    throw SelectionError("<ConstraintType." + std::string(constraint) + ": '" +
                         std::string(constraint) + "'>");
  }
  const auto* support = std::find_if(std::begin(kSupport), std::end(kSupport),
                                     [&](const AdapterSupport& s) { return s.adapter == adapter; });
  const unsigned enforced = support == std::end(kSupport) ? kBaseSupport : support->enforced;
  return (enforced & name->second) != 0;
}

bool HasContract(const Resource& model) {
  return model.Get("contract").Get("enforced").cell.is(CellKind::kTrue);
}

std::string_view Materialization(const Resource& model) {
  return model.Get("config").Get("materialized").Text("view");
}

bool EnforcesConstraints(const Resource& model) {
  const std::string_view materialized = Materialization(model);
  return materialized == "table" || materialized == "incremental";
}

// "VARCHAR(10)" becomes "varchar": a change of size breaks no contract.
std::string BaseType(std::string_view type) {
  type = type.substr(0, type.find('('));
  constexpr std::string_view kSpace = " \t\n\r\v\f";
  const size_t begin = type.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  std::string base(type.substr(begin, type.find_last_not_of(kSpace) - begin + 1));
  std::transform(base.begin(), base.end(), base.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return base;
}

std::string Joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += separator;
    joined += text;
  }
  return joined;
}

std::vector<Value> ElementsOf(const Value& list) {
  std::vector<Value> elements;
  ForEachElement(list, [&elements](const Value& element) { elements.push_back(element); });
  return elements;
}

// Collects the breaking changes of one model's contract.
class BreakingChanges {
 public:
  BreakingChanges(const Resource& model, const Resource& old, std::string_view adapter,
                  UnknownConstraint unknown)
      : model_(model), old_(old), adapter_(adapter), unknown_(unknown) {}

  std::vector<BreakingChange> Find() {
    CompareColumns();
    CompareModelConstraints();
    std::vector<BreakingChange> changes;
    if (!HasContract(model_)) changes.push_back({ContractBreak::kEnforcementRemoved});
    Add(changes, ContractBreak::kColumnsRemoved, columns_removed_);
    Add(changes, ContractBreak::kTypesChanged, type_changes_);
    Add(changes, ContractBreak::kColumnConstraintsRemoved, column_constraints_removed_);
    Add(changes, ContractBreak::kModelConstraintsRemoved, model_constraints_removed_);
    if (EnforcesConstraints(old_) && !EnforcesConstraints(model_) &&
        (old_.Get("constraints").IsTrue() || old_has_column_constraints_)) {
      Add(changes, ContractBreak::kMaterializationChanged,
          {std::string(Materialization(old_)) + " -> " + std::string(Materialization(model_))});
    }
    return changes;
  }

 private:
  static void Add(std::vector<BreakingChange>& changes, ContractBreak kind,
                  const std::vector<std::string>& which) {
    if (!which.empty()) changes.push_back({kind, which});
  }

  void CompareColumns() {
    const Value columns = old_.Get("columns");
    if (!columns.cell.is(CellKind::kObject)) return;
    std::vector<std::string_view> names;
    for (const StringId key : columns.document->Keys(columns.cell)) {
      names.push_back(columns.document->String(key));
    }
    std::sort(names.begin(), names.end());
    for (const std::string_view name : names) {
      CompareColumn(name, columns.Get(name), model_.Get("columns").Find(name));
    }
  }

  void CompareColumn(std::string_view key, const Value& old, const std::optional<Value>& column) {
    const std::string name(old.Get("name").Text());
    if (!column) {
      columns_removed_.push_back(name);
    } else if (!Equal(old.Get("data_type"), column->Get("data_type"))) {
      CompareTypes(name, old.Get("data_type"), column->Get("data_type"));
    }
    const Value constraints = old.Get("constraints");
    old_has_column_constraints_ |= constraints.IsTrue();
    if (!column || !EnforcesConstraints(old_)) return;
    const auto kept = ElementsOf(column->Get("constraints"));
    for (const Value& constraint : ElementsOf(constraints)) {
      if (IsKept(constraint, kept, kColumnConstraint) || !IsEnforcedConstraint(constraint))
        continue;
      column_constraints_removed_.push_back("'" + NameOf(constraint) + "' constraint on column " +
                                            std::string(key));
    }
  }

  void CompareTypes(const std::string& name, const Value& old, const Value& type) {
    const auto base = [](const Value& value) {
      return value.IsTrue() ? std::optional(BaseType(value.Text())) : std::nullopt;
    };
    // None and "" are two different types.
    const bool is_same = base(old) == base(type) && (base(old) || Equal(old, type));
    if (is_same) return;
    type_changes_.push_back(name + " (" + Str(*old.document, old.cell) + " -> " +
                            Str(*type.document, type.cell) + ")");
  }

  void CompareModelConstraints() {
    if (!EnforcesConstraints(old_)) return;
    const auto kept = ElementsOf(model_.Get("constraints"));
    for (const Value& constraint : ElementsOf(old_.Get("constraints"))) {
      if (IsKept(constraint, kept, kModelConstraint) || !IsEnforcedConstraint(constraint)) continue;
      const Value columns = constraint.Get("columns");
      model_constraints_removed_.push_back(
          "'" + NameOf(constraint) + "' constraint on columns " +
          (columns.is_null() ? "[]" : Repr(*columns.document, columns.cell)));
    }
  }

  static bool IsKept(const Value& constraint, const std::vector<Value>& kept,
                     const PartClass& part) {
    return std::any_of(kept.begin(), kept.end(),
                       [&](const Value& other) { return SamePart(constraint, other, part); });
  }

  bool IsEnforcedConstraint(const Value& constraint) const {
    return IsEnforced(adapter_, constraint.Get("type").Text(), unknown_);
  }

  static std::string NameOf(const Value& constraint) {
    const Value name = constraint.Get("name");
    if (!name.is_null()) return Str(*name.document, name.cell);
    return "ConstraintType." + std::string(constraint.Get("type").Text());
  }

  const Resource& model_;
  const Resource& old_;
  const std::string_view adapter_;
  const UnknownConstraint unknown_;
  std::vector<std::string> columns_removed_;
  std::vector<std::string> type_changes_;
  std::vector<std::string> column_constraints_removed_;
  std::vector<std::string> model_constraints_removed_;
  bool old_has_column_constraints_ = false;
};

// Warns for a model without versions, whose users cannot stay with an older one.
void Report(const Resource& model, const std::vector<BreakingChange>& changes,
            std::vector<std::string>& warnings) {
  std::vector<std::string> texts;
  for (const BreakingChange& change : changes) texts.push_back(change.Text());
  const std::string reasons = Joined(texts, "\n  - ");
  if (model.Get("version").is_null()) {
    warnings.push_back(
        "[WARNING]: Breaking change to contracted, unversioned model " +
        std::string(model.Get("name").Text()) + " (" +
        std::string(model.Get("original_file_path").Text()) +
        ")\nWhile comparing to previous project state, dbt detected a breaking change to an "
        "unversioned model.\n  - " +
        reasons + "\n");
    return;
  }
  throw SelectionError(
      "While comparing to previous project state, dbt detected a breaking change to an enforced "
      "contract.\n  - " +
      reasons +
      "\nConsider making an additive (non-breaking) change instead, if possible.\nOtherwise, "
      "create a new model version: "
      "https://docs.getdbt.com/docs/collaborate/govern/model-versions");
}

}  // namespace

std::string BreakingChange::Text() const {
  static constexpr std::string_view kBeginnings[] = {
      "Contract enforcement was removed: Previously, this model had an enforced contract. It is no "
      "longer configured to enforce its contract, and this is a breaking change.",
      "Columns were removed: ",
      "Columns with data_type changes: ",
      "Enforced column level constraints were removed: ",
      "Enforced model level constraints were removed: ",
      "Materialization changed with enforced constraints: "};
  if (kind == ContractBreak::kModelRemoved) return details.front();
  std::string text(kBeginnings[static_cast<size_t>(kind)]);
  if (!details.empty()) text += "\n    - " + Joined(details, "\n    - ");
  return text;
}

ContractChange CompareContracts(const Resource& model, const Resource& old,
                                std::string_view adapter_type, UnknownConstraint unknown) {
  if (!HasContract(old)) return {.is_same = !HasContract(model)};
  const bool same_checksum =
      Equal(model.Get("contract").Get("checksum"), old.Get("contract").Get("checksum"));
  if (HasContract(model) && same_checksum) return {};
  return {.is_same = false, .breaks = BreakingChanges(model, old, adapter_type, unknown).Find()};
}

std::optional<BreakingChange> RemovedContract(const Resource& removed) {
  if (!HasContract(removed)) return std::nullopt;
  const auto deprecated = ParseIsoTime(removed.Get("deprecation_date").Text());
  if (deprecated && *deprecated < static_cast<int64_t>(std::time(nullptr)) * 1'000'000) {
    return std::nullopt;
  }
  const bool is_disabled = removed.Get("config").Get("enabled").cell.is(CellKind::kFalse);
  return BreakingChange{ContractBreak::kModelRemoved,
                        {"Contracted model '" + std::string(removed.Get("unique_id").Text()) +
                         (is_disabled ? "' was disabled." : "' was deleted or renamed.")}};
}

bool SameContract(const Resource& model, const Resource& old, std::string_view adapter_type,
                  std::vector<std::string>& warnings) {
  const ContractChange change =
      CompareContracts(model, old, adapter_type, UnknownConstraint::kRefuse);
  if (!change.breaks.empty()) Report(model, change.breaks, warnings);
  return change.is_same;
}

void CheckRemovedContract(const Resource& removed, std::vector<std::string>& warnings) {
  if (const auto change = RemovedContract(removed)) Report(removed, {*change}, warnings);
}

}  // namespace flatmanifest
