#include "graph/test_edges.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/depends_on.h"
#include "graph/row_set.h"
#include "graph/walk.h"

namespace flatmanifest {

namespace {

using Rows = std::vector<Row>;

// What the manifest says of each row, as far as test edges depend on it.
class Roles {
 public:
  explicit Roles(const Document& document)
      : document_(document),
        depends_on_(document),
        members_(document.resources().graph_count),
        tests_(members_),
        named_tests_(members_) {
    const ResourceColumns& columns = document.resources();
    for (Row row = 0; row < columns.graph_count; ++row) {
      if (document.String(columns.unique_id[row]).starts_with("test.")) named_tests_.Insert(row);
      if (static_cast<Collection>(columns.collection[row]) != Collection::kNodes) continue;
      members_.Insert(row);
      if (document.String(columns.resource_type[row]) == "test") tests_.Insert(row);
    }
  }

  // Whether the manifest's `nodes` has it.
  bool IsMember(Row row) const { return row < members_.size() && members_.Contains(row); }
  bool IsTest(Row row) const { return IsMember(row) && tests_.Contains(row); }
  bool IsExecutable(Row row) const { return IsMember(row) && !tests_.Contains(row); }

  // Calls visit(test) for the tests among a row's children in the manifest: dbt tells them by their
  // unique_id (_get_tests_for_node).
  template <typename Visit>
  void ForEachTestOf(Row row, Visit visit) const {
    if (row >= members_.size()) return;
    for (const Row child : document_.Neighbours(document_.children(), row)) {
      if (named_tests_.Contains(child) && members_.Contains(child)) visit(child);
    }
  }
  // What a test depends on, as it is written: kNoRow for what does not exist, some perhaps twice.
  Rows ParentsOf(Row test) {
    Rows parents;
    for (const Cell name : depends_on_.Names(document_.resources().value[test])) {
      if (name.is(CellKind::kString)) parents.push_back(depends_on_.Parent(name));
    }
    return parents;
  }
  bool IsNamedTest(Row row) const { return IsMember(row) && named_tests_.Contains(row); }

 private:
  const Document& document_;
  DependsOn depends_on_;
  RowSet members_;
  RowSet tests_;
  RowSet named_tests_;
};

// ParentsOf, read once for each test.
class TestParents {
 public:
  explicit TestParents(Roles& roles) : roles_(roles) {}
  const Rows& operator[](Row test) {
    const auto [entry, is_new] = parents_.try_emplace(test);
    if (is_new) entry->second = roles_.ParentsOf(test);
    return entry->second;
  }

 private:
  Roles& roles_;
  std::unordered_map<Row, Rows> parents_;
};

// --- the fast algorithm ---

// A node as far as the search for the nodes that tests with several parents hold up has come to it.
struct Progress {
  uint32_t visits = 0;
  Rows ancestors;  // those that have such tests; sorted
  Rows awaits;     // such tests that it is downstream of a parent of; sorted
};

void Merge(Rows& into, const Rows& more) {
  if (more.empty()) return;
  if (into.empty()) {
    into = more;
    return;
  }
  Rows merged;
  merged.reserve(into.size() + more.size());
  std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(merged));
  into = std::move(merged);
}

void InsertSorted(Rows& rows, Row row) {
  const auto place = std::lower_bound(rows.begin(), rows.end(), row);
  if (place == rows.end() || *place != row) rows.insert(place, row);
}

struct TestEdge {
  Row test;
  Row node;
};

// dbt's _get_multi_test_edges: nodes become ready when all their parents have been processed, and
// take over what those have seen.
class MultiTestSearch {
 public:
  MultiTestSearch(const Digraph& graph, Roles& roles, const RowSet& multi_tested,
                  std::vector<TestEdge>& edges)
      : graph_(graph), roles_(roles), parents_(roles), multi_tested_(multi_tested), edges_(edges) {}

  void Run(const Rows& sources) {
    std::deque<Row> ready(sources.rbegin(), sources.rend());  // dbt takes the last one first
    for (const Row source : sources) progress_[source];
    for (; !ready.empty(); ready.pop_front()) {
      const Row row = ready.front();
      const Progress seen = std::move(progress_.extract(row).mapped());
      Pass(row, seen, ready);
    }
  }

 private:
  // Hands on to a node's successors what it has seen; those that have heard from all are ready.
  void Pass(Row row, const Progress& seen, std::deque<Row>& ready) {
    Rows awaits = seen.awaits;
    roles_.ForEachTestOf(row, [&](Row test) {
      if (parents_[test].size() > 1) InsertSorted(awaits, test);
    });
    for (const Digraph::Link link : graph_.Successors(row)) {
      if (!roles_.IsExecutable(link.row)) continue;
      Progress& next = progress_[link.row];
      ++next.visits;
      Merge(next.awaits, awaits);
      Merge(next.ancestors, seen.ancestors);
      if (multi_tested_.Contains(row)) InsertSorted(next.ancestors, row);
      if (next.visits != graph_.InDegree(link.row)) continue;
      Release(link.row, next);
      ready.push_back(link.row);
    }
  }

  // Makes a node wait for the tests that have all their parents upstream, which need no longer be
  // waited for downstream.
  void Release(Row row, Progress& progress) {
    const auto is_ancestor = [&](Row parent) {
      return std::binary_search(progress.ancestors.begin(), progress.ancestors.end(), parent);
    };
    std::erase_if(progress.awaits, [&](Row test) {
      const Rows& parents = parents_[test];
      if (!std::all_of(parents.begin(), parents.end(), is_ancestor)) return false;
      edges_.push_back({test, row});
      return true;
    });
  }

  const Digraph& graph_;
  Roles& roles_;
  TestParents parents_;
  const RowSet& multi_tested_;
  std::vector<TestEdge>& edges_;
  std::unordered_map<Row, Progress> progress_;
};

// Tests by their only parent, in the order in which the graph has them.
class SingleTests {
 public:
  void Add(Row parent, Row test) {
    const auto [entry, is_new] = place_of_.try_emplace(parent, tests_of_.size());
    if (is_new) tests_of_.push_back({parent, {}});
    tests_of_[entry->second].second.push_back(test);
  }
  const std::vector<std::pair<Row, Rows>>& tests_of() const { return tests_of_; }

 private:
  std::unordered_map<Row, size_t> place_of_;
  std::vector<std::pair<Row, Rows>> tests_of_;
};

// dbt's _get_test_edges_2.
std::vector<TestEdge> FastTestEdges(const Digraph& graph, Roles& roles) {
  Rows sources;
  SingleTests single_tests;
  RowSet multi_tested(graph.row_limit());
  for (const Row row : graph.Nodes()) {
    if (!roles.IsMember(row)) continue;
    if (graph.InDegree(row) == 0) sources.push_back(row);
    if (!roles.IsTest(row)) continue;
    const Rows parents = roles.ParentsOf(row);
    if (parents.size() == 1 && parents[0] != kNoRow) single_tests.Add(parents[0], row);
    if (parents.size() < 2) continue;
    for (const Row parent : parents) {
      if (parent != kNoRow) multi_tested.Insert(parent);
    }
  }
  std::vector<TestEdge> edges;
  for (const auto& [parent, tests] : single_tests.tests_of()) {
    if (!graph.Has(parent)) continue;
    for (const Digraph::Link link : graph.Successors(parent)) {
      if (!roles.IsExecutable(link.row)) continue;
      for (const Row test : tests) edges.push_back({test, link.row});
    }
  }
  if (!multi_tested.empty()) MultiTestSearch(graph, roles, multi_tested, edges).Run(sources);
  return edges;
}

// --- the thorough algorithm ---

// Whether walking over test edges, too, can lead to more than the tests they come from, or it
// matters that it leads to those. dbt walks over the edges that it has added so far. What is
// upstream of such a test is upstream of the node that waits for it anyway, as long as tests come
// after what they depend on alone and no test depends on another: so it is in every graph that dbt
// links.
bool TestEdgesLeadOn(const Digraph& graph, const Roles& roles, TestParents& parents) {
  const auto leads_on = [&](Row test) {
    const Rows& needs = parents[test];
    const auto is_named_test = [&](Row row) { return row != kNoRow && roles.IsNamedTest(row); };
    if (std::any_of(needs.begin(), needs.end(), is_named_test)) return true;
    const auto links = graph.Predecessors(test);
    return std::any_of(links.begin(), links.end(), [&](Digraph::Link link) {
      return std::find(needs.begin(), needs.end(), link.row) == needs.end();
    });
  };
  for (const Row row : graph.Nodes()) {
    if (roles.IsNamedTest(row) && leads_on(row)) return true;
    for (const Digraph::Link link : graph.Successors(row)) {
      if (link.kind == EdgeKind::kParentTest) return true;  // added by somebody before
    }
  }
  return false;
}

class ThoroughSearch {
 public:
  ThoroughSearch(Digraph& graph, Roles& roles)
      : graph_(graph),
        roles_(roles),
        parents_(roles),
        test_edges_lead_on_(TestEdgesLeadOn(graph, roles, parents_)),
        had_successors_(graph.row_limit()),
        is_upstream_(graph.row_limit()),
        is_considered_(graph.row_limit()) {}

  void Run() {
    for (const Row row : graph_.Nodes()) {
      if (graph_.OutDegree(row) != 0) had_successors_.Insert(row);
    }
    for (const Row row : graph_.Nodes()) {
      if (!roles_.IsExecutable(row)) continue;
      FindTests(row);
      if (test_edges_lead_on_) AddFound();
    }
    AddFound();
  }

 private:
  // The tests that `row` is to wait for.
  void FindTests(Row row) {
    const auto for_each_parent = [this](Row child, auto visit) {
      for (const Digraph::Link link : graph_.Predecessors(child)) visit(link.row);
    };
    const Rows upstream = WalkFrom(row, graph_.row_limit(), kAnyDepth, for_each_parent);
    for (const Row ancestor : upstream) is_upstream_.Insert(ancestor);
    const auto is_upstream = [this](Row parent) {
      return parent != kNoRow && is_upstream_.Contains(parent);
    };
    considered_.clear();
    for (const Row ancestor : upstream) {
      roles_.ForEachTestOf(ancestor, [&](Row test) {
        if (!graph_.Has(test) || !is_considered_.Insert(test)) return;
        considered_.push_back(test);
        const Rows& needs = parents_[test];
        if (std::all_of(needs.begin(), needs.end(), is_upstream)) found_.push_back({test, row});
      });
    }
    for (const Row test : considered_) is_considered_.Erase(test);
    for (const Row ancestor : upstream) is_upstream_.Erase(ancestor);
  }

  void AddFound() {
    for (const TestEdge& edge : found_) {
      // A test that nothing depended on gets each of its edges here, once: they are all new.
      if (had_successors_.Contains(edge.test)) {
        graph_.AddEdge(edge.test, edge.node, EdgeKind::kParentTest);
      } else {
        graph_.AppendEdge(edge.test, edge.node, EdgeKind::kParentTest);
      }
    }
    found_.clear();
  }

  Digraph& graph_;
  Roles& roles_;
  TestParents parents_;
  const bool test_edges_lead_on_;
  RowSet had_successors_;
  RowSet is_upstream_;
  RowSet is_considered_;
  Rows considered_;
  std::vector<TestEdge> found_;
};

}  // namespace

void AddTestEdges(const Document& document, Digraph& graph) {
  Roles roles(document);
  ThoroughSearch(graph, roles).Run();
}

void AddTestEdgesFast(const Document& document, Digraph& graph) {
  Roles roles(document);
  for (const TestEdge& edge : FastTestEdges(graph, roles)) {
    if (graph.Has(edge.test)) graph.AddEdge(edge.test, edge.node, EdgeKind::kParentTest);
  }
}

}  // namespace flatmanifest
