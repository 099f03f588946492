#include <stdexcept>
#include <string>
#include <string_view>

#include "convert/json_writer.h"
#include "diff/diff_output.h"
#include "select/row_fields.h"
#include "select/state/manifest_comparison.h"

namespace flatmanifest {

namespace {

// The kinds of breaking changes, in the order of ContractBreak.
constexpr std::string_view kBreakNames[] = {"contract_enforcement_removed",
                                            "columns_removed",
                                            "column_types_changed",
                                            "column_constraints_removed",
                                            "model_constraints_removed",
                                            "materialization_changed",
                                            "model_removed"};

class DiffJson {
 public:
  DiffJson(const ManifestDiff& diff, TextBuffer& out) : diff_(diff), out_(out) {}

  void Write() {
    Object([&] {
      Key("old");
      WriteManifest(*diff_.old_document);
      Key("new");
      WriteManifest(*diff_.document);
      List("broken_contracts", diff_.broken_contracts,
           [&](const BrokenContract& broken) { WriteContract(broken); });
      List("added", diff_.added,
           [&](Row row) { Object([&] { WriteResource(*diff_.document, row); }); });
      List("removed", diff_.removed, [&](const RemovedResource& removed) {
        Object([&] {
          WriteResource(*diff_.old_document, removed.row);
          Bool("disabled", removed.is_disabled);
        });
      });
      List("renamed", diff_.renamed, [&](const RenamedResource& renamed) {
        Object([&] {
          WriteResource(*diff_.document, renamed.row);
          Text("old_unique_id", UniqueIdOf(*diff_.old_document, renamed.old_row));
          Text("old_original_file_path", PathOf(*diff_.old_document, renamed.old_row));
          Texts("reasons", renamed.reasons);
        });
      });
      List("modified", diff_.modified, [&](const ModifiedResource& modified) {
        Object([&] {
          WriteResource(*diff_.document, modified.row);
          Texts("reasons", modified.reasons);
        });
      });
      Key("macros");
      Object([&] {
        Texts("added", diff_.added_macros);
        Texts("removed", diff_.removed_macros);
        Texts("modified", diff_.modified_macros);
      });
      List("exposures", diff_.exposures, [&](Row row) { WriteExposure(row); });
      List("downstream", diff_.downstream,
           [&](Row row) { Object([&] { WriteResource(*diff_.document, row); }); });
      Texts("warnings", diff_.warnings);
    });
    out_.Append('\n');
  }

 private:
  template <typename Members>
  void Object(Members members) {
    out_.Append('{');
    is_first_ = true;
    members();
    out_.Append('}');
    is_first_ = false;
  }

  void Key(std::string_view key) {
    if (!is_first_) out_.Append(", ");
    AppendJsonString(key, out_);
    out_.Append(": ");
    is_first_ = false;
  }

  template <typename Elements, typename Element>
  void List(std::string_view key, const Elements& elements, Element element) {
    Key(key);
    out_.Append('[');
    bool is_first = true;
    for (const auto& each : elements) {
      if (!is_first) out_.Append(", ");
      is_first = false;
      element(each);
    }
    out_.Append(']');
  }

  template <typename Strings>
  void Texts(std::string_view key, const Strings& texts) {
    List(key, texts, [&](const auto& text) { AppendJsonString(text, out_); });
  }

  void Text(std::string_view key, std::string_view text) {
    Key(key);
    AppendJsonString(text, out_);
  }

  void Bool(std::string_view key, bool value) {
    Key(key);
    out_.Append(value ? "true" : "false");
  }

  void Field(const Value& object, std::string_view key) {
    Key(key);
    WriteJson(*object.document, object.Get(key).cell, out_);
  }

  void WriteManifest(const Document& document) {
    const Value metadata = RootOf(document).Get("metadata");
    Object([&] {
      for (const std::string_view key : {"project_name", "dbt_version", "generated_at"}) {
        Field(metadata, key);
      }
    });
  }

  void WriteResource(const Document& document, Row row) {
    const ResourceColumns& columns = document.resources();
    Text("unique_id", UniqueIdOf(document, row));
    Text("resource_type", ColumnText(document, columns.resource_type[row]));
    Text("package_name", ColumnText(document, columns.package_name[row]));
    Text("name", ColumnText(document, columns.name[row]));
    Text("original_file_path", PathOf(document, row));
  }

  void WriteContract(const BrokenContract& broken) {
    Object([&] {
      Text("unique_id", broken.unique_id);
      Text("name", broken.name);
      Text("original_file_path", broken.original_file_path);
      Text("dbt", broken.is_versioned ? "error" : "warning");
      List("changes", broken.changes, [&](const BreakingChange& change) {
        Object([&] {
          Text("kind", kBreakNames[static_cast<size_t>(change.kind)]);
          Texts("details", change.details);
          Text("text", change.Text());
        });
      });
    });
  }

  void WriteExposure(Row row) {
    const Resource exposure = ResourceAt(*diff_.document, row);
    Object([&] {
      WriteResource(*diff_.document, row);
      for (const std::string_view key : {"label", "type", "maturity", "url", "owner"}) {
        Field(exposure.value, key);
      }
    });
  }

  const ManifestDiff& diff_;
  TextBuffer& out_;
  bool is_first_ = true;
};

}  // namespace

void WriteDiffJson(const ManifestDiff& diff, TextBuffer& out) {
  try {
    DiffJson(diff, out).Write();
  } catch (const std::invalid_argument&) {
    throw FormatError(diff.old_document->name() + ", " + diff.document->name() +
                      ": a name in one of them is not text (damaged file)");
  }
}

}  // namespace flatmanifest
