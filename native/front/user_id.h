// The id of a user in dbt's usage statistics, which manifest.json has in its metadata. It lies in
// .user.yml beside profiles.yml (dbt/tracking.py, User).

#ifndef FLATMANIFEST_FRONT_USER_ID_H_
#define FLATMANIFEST_FRONT_USER_ID_H_

#include <optional>
#include <string>

namespace flatmanifest::front {

// A random UUID, version 4.
std::string NewUuid();

// The id in the file at `path`. A file that is not there is made, with a new id, if profiles.yml
// lies beside it, as dbt does. Nothing for a file of another form, and where none can be made.
std::optional<std::string> UserIdAt(const std::string& path);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_USER_ID_H_
