#include "front/artifact_record.h"

#include <algorithm>

#include "convert/convert.h"
#include "format/copier.h"
#include "front/cache_fields.h"
#include "select/python_repr.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

constexpr const char* kSnapshot = "snapshot";
constexpr const char* kBeginningSize = "metadata_end";

// Copies a document with new facts of some files.
class Renewal {
 public:
  Renewal(const Document& document, const std::map<std::string, Renewed>& files)
      : document_(document), files_(files), copier_(document, writer_) {}

  FileImage Finish() && {
    const Cell root = CopyObject(document_.root(), [this](const std::string& name, Cell value) {
      return name == "files" ? CopyFiles(value) : Copy(value);
    });
    return FinishManifest(std::move(writer_), root,
                          {.kind = DocumentKind::kInternal,
                           .generation = document_.header().generation + 1,
                           .value_count = value_count_ + 1});
  }

 private:
  template <typename CopyValue>
  Cell CopyObject(Cell object, const CopyValue& copy_value) {
    std::vector<StringId> keys;
    std::vector<Cell> values;
    const auto elements = document_.Elements(object);
    const auto names = document_.Keys(object);
    for (size_t i = 0; i < elements.size(); ++i) {
      const std::string name(document_.String(names[i]));
      keys.push_back(writer_.AddString(name));
      values.push_back(copy_value(name, elements[i]));
      ++value_count_;
    }
    return writer_.AddObject(keys, values);
  }

  Cell Copy(Cell value) {
    const Copier::Copied copied = copier_.Copy(value);
    value_count_ += copied.value_count;
    return copied.cell;
  }

  Cell CopyFiles(Cell files) {
    return CopyObject(files, [this](const std::string& path, Cell facts) {
      const auto found = files_.find(path);
      if (found == files_.end()) return Copy(facts);
      return CopyObject(facts, [&](const std::string& name, Cell value) {
        if (name == kSnapshot) return AddSnapshot(found->second.snapshot);
        if (name == kBeginningSize) return writer_.AddUint(found->second.beginning_size);
        return Copy(value);
      });
    });
  }

  Cell AddSnapshot(const Snapshot& snapshot) {
    std::vector<Cell> by_content;
    for (const std::string& path : snapshot.by_content) {
      by_content.push_back(Cell::String(writer_.AddString(path)));
    }
    const Cell parts[] = {writer_.AddUint(snapshot.digest_low),
                          writer_.AddUint(snapshot.digest_high),
                          writer_.AddUint(snapshot.file_count), writer_.AddInt(snapshot.taken_ns),
                          writer_.AddArray(by_content)};
    value_count_ += std::size(parts) + by_content.size();
    return writer_.AddArray(parts);
  }

  const Document& document_;
  const std::map<std::string, Renewed>& files_;
  Writer writer_;
  Copier copier_;
  uint64_t value_count_ = 0;
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
