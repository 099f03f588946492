#include "graph/test_edges.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "format/interruption.h"
#include "graph/depends_on.h"
#include "graph/row_set.h"
#include "graph/walk.h"

namespace flatmanifest {

namespace {

using Rows = std::vector<Row>;

constexpr uint64_t kStepsOfNode = 64;  // what handing on to a node takes, in steps of a walk

struct TestEdge {
  Row test;
  Row node;
};

// Adds distinct edges. The edges of a test that nothing depended on before are new, so they are not
// looked up.
class EdgeAdder {
 public:
  explicit EdgeAdder(Digraph& graph) : graph_(graph), had_successors_(graph.row_limit()) {
    for (const Row row : graph.Nodes()) {
      if (graph.OutDegree(row) != 0) had_successors_.Insert(row);
    }
  }
  void Add(const std::vector<TestEdge>& edges) {
    for (const TestEdge& edge : edges) {
      if (!graph_.Has(edge.test)) continue;
      if (had_successors_.Contains(edge.test)) {
        graph_.AddEdge(edge.test, edge.node, EdgeKind::kParentTest);
      } else {
        graph_.AppendEdge(edge.test, edge.node, EdgeKind::kParentTest);
      }
    }
  }

 private:
  Digraph& graph_;
  RowSet had_successors_;
};

// --- the fast algorithm ---

// The state of a node in the search for the nodes that wait for tests with several parents.
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

// dbt's _get_multi_test_edges: a node becomes ready when all its parents have been processed, and
// takes over what they have seen.
class MultiTestSearch {
 public:
  MultiTestSearch(const Digraph& graph, const TestRoles& roles, const RowSet& multi_tested,
                  std::vector<TestEdge>& edges)
      : graph_(graph), roles_(roles), multi_tested_(multi_tested), edges_(edges) {}

  void Run(const Rows& sources) {
    std::deque<Row> ready(sources.rbegin(), sources.rend());  // dbt takes the last one first
    for (const Row source : sources) progress_[source];
    Patience patience;
    for (; !ready.empty(); ready.pop_front()) {
      patience.Step(kStepsOfNode);
      const Row row = ready.front();
      const Progress seen = std::move(progress_.extract(row).mapped());
      Pass(row, seen, ready);
    }
  }

 private:
  // Passes what a node has seen on to its successors; a successor that has heard from all its
  // parents becomes ready.
  void Pass(Row row, const Progress& seen, std::deque<Row>& ready) {
    Rows awaits = seen.awaits;
    roles_.ForEachTestOf(row, [&](Row test) {
      if (roles_.ParentsOf(test).size() > 1) InsertSorted(awaits, test);
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

  // Makes a node wait for the tests whose parents are all upstream. These tests are finished: nodes
  // further downstream need not wait for them.
  void Release(Row row, Progress& progress) {
    const auto is_ancestor = [&](Row parent) {
      return std::binary_search(progress.ancestors.begin(), progress.ancestors.end(), parent);
    };
    std::erase_if(progress.awaits, [&](Row test) {
      const auto parents = roles_.ParentsOf(test);
      if (!std::all_of(parents.begin(), parents.end(), is_ancestor)) return false;
      edges_.push_back({test, row});
      return true;
    });
  }

  const Digraph& graph_;
  const TestRoles& roles_;
  const RowSet& multi_tested_;
  std::vector<TestEdge>& edges_;
  std::unordered_map<Row, Progress> progress_;
};

// Tests by their only parent; parents and tests are in the order of the tests in the graph.
class SingleTests {
 public:
  explicit SingleTests(uint32_t row_limit) : last_(row_limit, kNoRow), next_(row_limit, kNoRow) {}

  void Add(Row parent, Row test) {
    if (last_[parent] == kNoRow) {
      firsts_.push_back({test, parent});
    } else {
      next_[last_[parent]] = test;
    }
    last_[parent] = test;
  }
  // Calls visit(parent, first test); Next leads to the others.
  template <typename Visit>
  void ForEachParent(Visit visit) const {
    for (const TestEdge& first : firsts_) visit(first.node, first.test);
  }
  // kNoRow after the last.
  Row Next(Row test) const { return next_[test]; }

 private:
  std::vector<TestEdge> firsts_;
  Rows last_;  // by parent
  Rows next_;  // by test
};

// dbt's _get_test_edges_2.
std::vector<TestEdge> FastTestEdges(const Digraph& graph, const TestRoles& roles) {
  Rows sources;
  SingleTests single_tests(graph.row_limit());
  RowSet multi_tested(graph.row_limit());
  for (const Row row : graph.Nodes()) {
    if (!roles.IsMember(row)) continue;
    if (graph.InDegree(row) == 0) sources.push_back(row);
    if (!roles.IsTest(row)) continue;
    const auto parents = roles.ParentsOf(row);
    if (parents.size() == 1 && parents[0] != kNoRow) single_tests.Add(parents[0], row);
    if (parents.size() < 2) continue;
    for (const Row parent : parents) {
      if (parent != kNoRow) multi_tested.Insert(parent);
    }
  }
  std::vector<TestEdge> edges;
  single_tests.ForEachParent([&](Row parent, Row first) {
    if (!graph.Has(parent)) return;
    for (const Digraph::Link link : graph.Successors(parent)) {
      if (!roles.IsExecutable(link.row)) continue;
      for (Row test = first; test != kNoRow; test = single_tests.Next(test)) {
        edges.push_back({test, link.row});
      }
    }
  });
  if (!multi_tested.empty()) MultiTestSearch(graph, roles, multi_tested, edges).Run(sources);
  return edges;
}

// --- the thorough algorithm ---

// Whether a walk over test edges can reach more than the tests that they come from, or whether
// reaching these matters. dbt walks over the edges that it has added so far. The nodes upstream of
// such a test are upstream of the node that waits for it anyway, as long as a test comes only after
// its dependencies and no test depends on another. That holds in every graph that dbt links.
bool TestEdgesLeadOn(const Digraph& graph, const TestRoles& roles) {
  const auto leads_on = [&](Row test) {
    const auto needs = roles.ParentsOf(test);
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
  ThoroughSearch(Digraph& graph, const TestRoles& roles)
      : graph_(graph),
        roles_(roles),
        test_edges_lead_on_(TestEdgesLeadOn(graph, roles)),
        adder_(graph),
        is_upstream_(graph.row_limit()),
        is_considered_(graph.row_limit()) {}

  void Run() {
    Patience patience;
    for (const Row row : graph_.Nodes()) {
      if (!roles_.IsExecutable(row)) continue;
      patience.Step(kStepsOfNode);
      FindTests(row);
      if (test_edges_lead_on_) AddFound();
    }
    AddFound();
  }

 private:
  // The tests that `row` will wait for.
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
        const auto needs = roles_.ParentsOf(test);
        if (std::all_of(needs.begin(), needs.end(), is_upstream)) found_.push_back({test, row});
      });
    }
    for (const Row test : considered_) is_considered_.Erase(test);
    for (const Row ancestor : upstream) is_upstream_.Erase(ancestor);
  }

  void AddFound() {
    adder_.Add(found_);
    found_.clear();
  }

  const Digraph& graph_;
  const TestRoles& roles_;
  const bool test_edges_lead_on_;
  EdgeAdder adder_;
  RowSet is_upstream_;
  RowSet is_considered_;
  Rows considered_;
  std::vector<TestEdge> found_;
};

}  // namespace

TestRoles::TestRoles(const Document& document)
    : members_(document.resources().graph_count),
      tests_(members_),
      named_tests_(members_),
      starts_(1, 0),
      test_starts_(1, 0) {
  DependsOn depends_on(document);
  const ResourceColumns& columns = document.resources();
  for (Row row = 0; row < columns.graph_count; ++row) {
    if (static_cast<Collection>(columns.collection[row]) == Collection::kNodes) {
      members_.Insert(row);
      if (document.String(columns.unique_id[row]).starts_with("test.")) named_tests_.Insert(row);
      if (document.String(columns.resource_type[row]) == "test") tests_.Insert(row);
    }
    if (tests_.Contains(row) || named_tests_.Contains(row)) {
      for (const Cell name : depends_on.Names(columns.value[row])) {
        if (name.is(CellKind::kString)) parents_.push_back(depends_on.Parent(name));
      }
    }
    starts_.push_back(static_cast<uint32_t>(parents_.size()));
  }
  for (Row row = 0; row < columns.graph_count; ++row) {
    for (const Row child : document.Neighbours(document.children(), row)) {
      if (IsNamedTest(child)) tests_of_.push_back(child);
    }
    test_starts_.push_back(static_cast<uint32_t>(tests_of_.size()));
  }
}

void AddTestEdges(const TestRoles& roles, Digraph& graph) { ThoroughSearch(graph, roles).Run(); }

void AddTestEdgesFast(const TestRoles& roles, Digraph& graph) {
  const std::vector<TestEdge> edges = FastTestEdges(graph, roles);
  EdgeAdder(graph).Add(edges);
}

}  // namespace flatmanifest
