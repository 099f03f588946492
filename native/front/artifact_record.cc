#include "front/artifact_record.h"

#include <algorithm>

#include "front/cache_fields.h"
#include "front/document_builder.h"
#include "select/python_repr.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

constexpr const char* kSnapshot = "snapshot";

// Copies a document with new facts of some files.
class Renewal {
 public:
  Renewal(const Document& document, const std::map<std::string, Renewed>& files)
      : document_(document), files_(files) {}

  FileImage Finish() && {
    const Cell root = CopyObject(document_.root(), [this](const std::string& name, Cell value) {
      return name == "files" ? CopyFiles(value) : builder_.Copy(document_, value);
    });
    return std::move(builder_).Finish(root, document_.header().generation + 1);
  }

 private:
  template <typename CopyValue>
  Cell CopyObject(Cell object, const CopyValue& copy_value) {
    DocumentBuilder::Members members;
    const auto elements = document_.Elements(object);
    const auto names = document_.Keys(object);
    for (size_t i = 0; i < elements.size(); ++i) {
      std::string name(document_.String(names[i]));
      const Cell value = copy_value(name, elements[i]);
      members.emplace_back(std::move(name), value);
    }
    return builder_.Object(members);
  }

  Cell CopyFiles(Cell files) {
    return CopyObject(files, [this](const std::string& path, Cell facts) {
      const auto found = files_.find(path);
      if (found == files_.end()) return builder_.Copy(document_, facts);
      return CopyObject(facts, [&](const std::string& name, Cell value) {
        if (name == kSnapshot) return builder_.Of(found->second.snapshot);
        if (name == kBeginningSize) return builder_.Unsigned(found->second.beginning_size);
        return builder_.Copy(document_, value);
      });
    });
  }

  const Document& document_;
  const std::map<std::string, Renewed>& files_;
  DocumentBuilder builder_;
};

}  // namespace

ArtifactRecord::ArtifactRecord(const std::string& path) : path_(path), file_(OpenChecked(path)) {}

uint64_t ArtifactRecord::generation() const {
  return static_cast<uint64_t>(Fields(file_->document()).Integer("generation"));
}

bool ArtifactRecord::Shows(const Output& output) const {
  const Fields files = Fields(file_->document()).Object("files");
  if (!files.Has(output.path)) return false;
  const Fields known = files.Object(output.path);
  const bool is_known =
      std::all_of(output.facts.begin(), output.facts.end(), [&](const auto& fact) {
        return known.Has(fact.first) &&
               Repr(known.document(), known.Value(fact.first)) == fact.second;
      });
  if (!is_known) return false;
  const Snapshot earlier = known.SnapshotAt(kSnapshot);
  const FileDependency file{output.path};
  return TakeSnapshotLike({&file, 1}, earlier).SameAs(earlier);
}

uint64_t ArtifactRecord::BeginningSize(const Output& output) const {
  const Fields files = Fields(file_->document()).Object("files");
  return static_cast<uint64_t>(files.Object(output.path).Integer(kBeginningSize));
}

void ArtifactRecord::Renew(const std::map<std::string, Renewed>& files) const {
  FileImage image = Renewal(file_->document(), files).Finish();
  PrepareTrustedFile(path_);
  PublishOver(path_, file_->document().header(), image.writable_bytes(), Flush::kNone);
}

}  // namespace flatmanifest::front
