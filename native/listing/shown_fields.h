// The fields that dbt lists by default: dbt/task/list.py, ListTask.ALLOWED_KEYS.

#ifndef FLATMANIFEST_LISTING_SHOWN_FIELDS_H_
#define FLATMANIFEST_LISTING_SHOWN_FIELDS_H_

#include <string_view>

namespace flatmanifest {

inline constexpr std::string_view kShownFields[] = {
    "alias",  "name",          "package_name", "depends_on",         "tags",
    "config", "resource_type", "source_name",  "original_file_path", "unique_id"};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_SHOWN_FIELDS_H_
