// Dependencies of a parse or a command that hold in any place: paths are relative to roots, files
// count by their contents, and values of variables without the paths of roots. docs/portable.md.

#ifndef FLATMANIFEST_FRONT_PORTABLE_DEPENDENCIES_H_
#define FLATMANIFEST_FRONT_PORTABLE_DEPENDENCIES_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "freshness/kept_contents.h"
#include "front/cache_fields.h"
#include "front/dependencies.h"
#include "front/environment.h"
#include "portable/roots.h"

namespace flatmanifest::front {

struct PortableDependencies {
  std::vector<FileDependency> files;  // with marks, in the order of their digest
  std::string content;                // ContentDigest of them
  std::vector<std::string> variables;
  std::string salt;
  std::string environment;  // PortableDigestOf
};

// A difference of PlaceCheck.
inline constexpr const char* kOtherContents = "files have other contents";

// Throws FormatError.
PortableDependencies ReadPortableDependencies(const Fields& fields);

// The content digest of files here, as a portable file has it. Throws IoError.
std::string PortableContentDigest(const std::vector<FileDependency>& marked,
                                  const std::vector<FileDependency>& bound,
                                  KeptContents* kept = nullptr);

// The contents that several PlaceChecks have read. Not for several threads at once.
struct SharedContents {
  KeptContents kept;
  bool is_digested = false;  // some content was compared: no snapshot may be taken with it
};

// Compares the dependencies of portable files with what is here. Files that several of them depend
// on are read once. Not for several threads at once.
class PlaceCheck {
 public:
  // `contents`: outlives this.
  PlaceCheck(portable::Roots roots, Environment environment, DependentWork work,
             SharedContents& contents)
      : roots_(std::move(roots)),
        environment_(std::move(environment)),
        work_(work),
        contents_(contents) {}

  // Takes the snapshot of dependencies that Bound will be asked for, before another PlaceCheck
  // compares contents, so that both read a file once.
  void Expect(const PortableDependencies& dependencies);

  // The dependencies as a local cache file has them, if all are the same here; else nothing, and
  // difference() says why. `of_place`: files that the local one depends on, too. Throws
  // FormatError.
  std::optional<Dependencies> Bound(const PortableDependencies& dependencies,
                                    const std::vector<std::string>& of_place = {});

  // In words. Valid after Bound has returned nothing.
  const std::string& difference() const { return difference_; }
  const portable::Roots& roots() const { return roots_; }
  const Environment& environment() const { return environment_; }

 private:
  struct Seen {
    Snapshot snapshot;
    std::string content;  // empty until it is asked for
  };

  std::optional<std::vector<FileDependency>> BoundFiles(const PortableDependencies& dependencies);
  Snapshot Taken(const std::vector<FileDependency>& files);
  Seen& SnapshotOf(const PortableDependencies& dependencies,
                   const std::vector<FileDependency>& bound);
  const std::string& ContentOf(Seen& seen, const PortableDependencies& dependencies,
                               const std::vector<FileDependency>& bound);

  portable::Roots roots_;
  Environment environment_;
  DependentWork work_;
  SharedContents& contents_;
  std::map<std::string, Seen> seen_;  // by the list of files
  std::string difference_;
};

// The first of these records whose dependencies are the same here; nothing if there is none. A
// record that cannot be read does not count.
std::optional<std::string> FirstThatHolds(const std::vector<std::string>& records,
                                          PlaceCheck& check);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PORTABLE_DEPENDENCIES_H_
