#include "diff/manifest_diff.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "diff/renames.h"
#include "graph/row_set.h"
#include "graph/traversal.h"
#include "select/dialect.h"
#include "select/request.h"
#include "select/row_fields.h"
#include "select/state/manifest_comparison.h"

namespace flatmanifest {

namespace {

void RequireArtifact(const Document& document) {
  if (document.header().kind == DocumentKind::kArtifact) return;
  throw DiffError(
      document.name() +
      ": it holds dbt's objects, not a manifest.json; name the manifest.json of the same "
      "parse");
}

class Differ {
 public:
  Differ(const Document& old_document, const Document& document, const DiffOptions& options)
      : old_(old_document),
        now_(document),
        dialect_(DialectOf(DbtVersion(document))),
        // The analyzer does not see that constructor, which is in another file.
        // NOLINTNEXTLINE(clang-analyzer-optin.cplusplus.UninitializedObject)
        manifests_(document, old_document, options.compare_more_unrendered_values, dialect_,
                   diff_.warnings) {}

  ManifestDiff Run() && {
    CompareResources();
    FindRemoved();
    FindRenamed();
    FindRemovedContracts();
    ListMacros();
    WalkDownstream();
    return std::move(diff_);
  }

 private:
  void CompareResources() {
    manifests_.ForEachResource([&](Row row, std::string_view id, const Resource& resource) {
      if (row >= now_.resources().graph_count) return;  // no object: no resource
      const auto old = manifests_.FindPrevious(id);
      if (!old) {
        diff_.added.push_back(row);
        return;
      }
      Reasons reasons = Compare(id, resource, *old);
      if (!reasons.empty()) diff_.modified.push_back({row, std::move(reasons)});
    });
    std::sort(diff_.added.begin(), diff_.added.end());
    std::sort(diff_.modified.begin(), diff_.modified.end(),
              [](const auto& a, const auto& b) { return a.row < b.row; });
    // An id that is in two sections is one resource.
    diff_.added.erase(std::unique(diff_.added.begin(), diff_.added.end()), diff_.added.end());
    diff_.modified.erase(std::unique(diff_.modified.begin(), diff_.modified.end(),
                                     [](const auto& a, const auto& b) { return a.row == b.row; }),
                         diff_.modified.end());
  }

  // The reasons for which state:modified selects a resource.
  Reasons Compare(std::string_view id, const Resource& now, const Resource& old) {
    ContentsDifferences found = manifests_.contents().Differences(now, old);
    if (!found.breaks.empty()) AddBroken(id, now, std::move(found.breaks));
    Reasons reasons = std::move(found.parts);
    if (UsesModifiedMacros(id, now)) reasons.emplace_back("macros");
    if (!reasons.empty() && now.IsGenericTest()) AddPartsOfTest(now, old, reasons);
    return reasons;
  }

  // state:modified.body and state:modified.relation find differences of a generic test that
  // state:modified does not look at.
  void AddPartsOfTest(const Resource& now, const Resource& old, Reasons& reasons) {
    if (!manifests_.contents().SameBody(now, old)) reasons.emplace_back("body");
    if (!manifests_.contents().SameRelation(now, old)) reasons.emplace_back("relation");
  }

  bool UsesModifiedMacros(std::string_view id, const Resource& resource) {
    try {
      return manifests_.macros().AreUsedBy(resource);
    } catch (const SelectionError& missing) {
      throw DiffError(now_.name() + ": " + std::string(id) +
                      " depends on a macro that the manifest lacks (" + missing.message() +
                      "); parse the project again");
    }
  }

  void AddBroken(std::string_view id, const Resource& model, std::vector<BreakingChange> changes) {
    diff_.broken_contracts.push_back({.unique_id = id,
                                      .name = model.Get("name").Text(),
                                      .original_file_path = model.Get("original_file_path").Text(),
                                      .is_versioned = !model.Get("version").is_null(),
                                      .changes = std::move(changes)});
  }

  void FindRemoved() {
    const Value disabled = RootOf(now_).Get("disabled");
    for (Row row = 0; row < old_.resources().graph_count; ++row) {
      if (!manifests_.IsCompared(CollectionOf(old_, row))) continue;
      const std::string_view id = old_.String(old_.resources().unique_id[row]);
      const Row found = now_.FindRow(id);
      if (found < now_.resources().graph_count) continue;
      diff_.removed.push_back({row, disabled.Find(id).has_value()});
    }
  }

  void FindRenamed() {
    for (const auto& [old_row, row] : FindRenames(old_, diff_.removed, now_, diff_.added)) {
      const Resource now = ResourceAt(now_, row);
      // Contracts of renamed models count as removed.
      Reasons reasons = manifests_.contents().Differences(now, ResourceAt(old_, old_row)).parts;
      if (UsesModifiedMacros(now_.String(now_.resources().unique_id[row]), now)) {
        reasons.emplace_back("macros");
      }
      diff_.renamed.push_back({old_row, row, std::move(reasons)});
    }
    std::vector<Row> rows;
    std::vector<Row> old_rows;
    for (const RenamedResource& renamed : diff_.renamed) {
      rows.push_back(renamed.row);
      old_rows.push_back(renamed.old_row);
    }
    std::sort(old_rows.begin(), old_rows.end());
    std::erase_if(diff_.added,
                  [&](Row row) { return std::binary_search(rows.begin(), rows.end(), row); });
    std::erase_if(diff_.removed, [&](const RemovedResource& removed) {
      return std::binary_search(old_rows.begin(), old_rows.end(), removed.row);
    });
  }

  void FindRemovedContracts() {
    manifests_.ForEachRemovedModel([&](std::string_view id, const Resource& model) {
      if (auto change = RemovedContract(model)) AddBroken(id, model, {std::move(*change)});
    });
    std::sort(diff_.broken_contracts.begin(), diff_.broken_contracts.end(),
              [](const auto& a, const auto& b) { return a.unique_id < b.unique_id; });
  }

  void ListMacros() {
    diff_.added_macros = manifests_.macros().added();
    diff_.removed_macros = manifests_.macros().removed();
    diff_.modified_macros = manifests_.macros().changed();
  }

  void WalkDownstream() {
    const Dependencies graph(now_);
    RowSet changed(graph.size());
    for (const Row row : diff_.added) changed.Insert(row);
    for (const RenamedResource& renamed : diff_.renamed) changed.Insert(renamed.row);
    for (const ModifiedResource& modified : diff_.modified) changed.Insert(modified.row);
    const RowSet reached = Reach(graph.children(), changed, RowSet::All(graph.size()));
    diff_.downstream = (reached - changed).Rows();
    reached.ForEach([&](Row row) {
      if (CollectionOf(now_, row) == Collection::kExposures) diff_.exposures.push_back(row);
    });
  }

  const Document& old_;
  const Document& now_;
  const Dialect dialect_;
  ManifestDiff diff_{.old_document = &old_, .document = &now_};
  ManifestComparison manifests_;
};

}  // namespace

ManifestDiff DiffManifests(const Document& old_document, const Document& document,
                           const DiffOptions& options) {
  RequireArtifact(old_document);
  RequireArtifact(document);
  Differ differ(old_document, document, options);
  return std::move(differ).Run();
}

}  // namespace flatmanifest
