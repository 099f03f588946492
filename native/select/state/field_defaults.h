// Compares parts of a resource that dbt reads into dataclasses as dbt compares their instances.
//
// An omitted field has its class's default. Keys that a class does not know are dropped, or kept if
// the class allows them. Enumerations of dbt_semantic_interfaces are read case-insensitively. Plain
// values (meta, lists of names) are compared unchanged. Follows dbt/artifacts/resources/v1/*.py and
// dbt_common/contracts/constraints.py of dbt 1.11.

#ifndef FLATMANIFEST_SELECT_STATE_FIELD_DEFAULTS_H_
#define FLATMANIFEST_SELECT_STATE_FIELD_DEFAULTS_H_

#include <cstdint>
#include <string_view>

#include "select/state/resource.h"

namespace flatmanifest {

struct PartClass;

// The value of an omitted field.
enum class FieldDefault : uint8_t {
  kNone,      // None, or no default: dbt then refuses the manifest
  kEmpty,     // "", [] or {}
  kFalse,     //
  kTrue,      //
  kInstance,  // the field's class with all its defaults
};

struct PartField {
  std::string_view name;
  // The class of the field's value, or of each element of a list; null for a plain value.
  const PartClass* part = nullptr;
  FieldDefault otherwise = FieldDefault::kNone;
  bool ignores_case = false;
};

extern const PartClass kFileHash;
extern const PartClass kQuoting;
extern const PartClass kFreshness;
extern const PartClass kExternalTable;
extern const PartClass kOwner;
extern const PartClass kSemanticModelConfig;
extern const PartClass kSemanticModelDefaults;
extern const PartClass kEntity;
extern const PartClass kDimension;
extern const PartClass kMeasure;
extern const PartClass kSavedQueryConfig;
extern const PartClass kWhereFilters;
extern const PartClass kFunctionArgument;
extern const PartClass kFunctionReturns;
extern const PartClass kColumnConstraint;
extern const PartClass kModelConstraint;

// Whether a field of two objects is equal for dbt. O(size of its values).
bool SameField(const Value& now, const Value& old, const PartField& field);

// Whether two values of one class are equal for dbt.
bool SamePart(const Value& now, const Value& old, const PartClass& part);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_FIELD_DEFAULTS_H_
