// Ownership at the border to Python.
//
// Every Python object that reads a manifest holds a share of one Handle, and the Handle holds a
// share of the mapping. So the mapping lives as long as the last of these objects, and close() only
// makes further use an error. Buffers that were handed out before close() stay valid: they hold a
// share too.

#ifndef FLATMANIFEST_BINDINGS_HANDLE_H_
#define FLATMANIFEST_BINDINGS_HANDLE_H_

#include <pybind11/pybind11.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "bindings/critical_section.h"
#include "bindings/errors.h"
#include "format/cell.h"
#include "select/selection.h"
#include "store/manifest_file.h"

namespace flatmanifest::python {

namespace py = pybind11;

struct SharedGraph;  // bindings/graph_view.h

class Handle {
 public:
  Handle(std::shared_ptr<const ManifestFile> file, std::string path)
      : file_(std::move(file)),
        path_(std::move(path)),
        absolute_path_(std::filesystem::absolute(path_).string()) {}

  // Raises ValueError after Close.
  const Document& document() const {
    if (closed()) Raise(PyExc_ValueError, "the manifest is closed: " + path_);
    return file_->document();
  }
  // Made when it is first asked for. Call with a share of the handle; needs no GIL.
  const Selector& selector() const {
    std::call_once(selector_made_, [this] { selector_.emplace(file_->document()); });
    return *selector_;
  }
  void Close() { closed_.store(true, std::memory_order_relaxed); }
  bool closed() const { return closed_.load(std::memory_order_relaxed); }
  // The path as the caller gave it, and its absolute form, which does not depend on the current
  // working directory.
  const std::string& path() const { return path_; }
  const std::string& absolute_path() const { return absolute_path_; }
  // Works after Close too: newer files are compared with it.
  const ManifestFile& file() const { return *file_; }
  // The state that all graphs of the manifest share. The first call runs `make`.
  template <typename Make>
  const SharedGraph& graph(Make make) {
    std::call_once(graph_made_, [&] { graph_ = make(); });
    return *graph_;
  }

 private:
  const std::shared_ptr<const ManifestFile> file_;
  const std::string path_;
  const std::string absolute_path_;
  std::atomic<bool> closed_{false};
  mutable std::once_flag selector_made_;
  mutable std::optional<Selector> selector_;
  std::once_flag graph_made_;
  std::shared_ptr<const SharedGraph> graph_;
};

using HandlePtr = std::shared_ptr<Handle>;

// One value of a manifest. The base of every view class.
struct View {
  HandlePtr handle;
  Cell cell;

  const Document& document() const { return handle->document(); }
};

struct ObjectView : View {};
struct ArrayView : View {};
// A resource: the object, and its row of the columns.
struct NodeView : ObjectView {
  Row row;
};
// The whole document. The only view that changes: refresh() exchanges handle and cell.
struct ManifestView : ObjectView {};

}  // namespace flatmanifest::python

namespace pybind11::detail {

// A parameter of any of these base types also takes a manifest.
template <>
class type_caster<flatmanifest::python::View> : public CopyingCaster<flatmanifest::python::View> {};
template <>
class type_caster<flatmanifest::python::ObjectView>
    : public CopyingCaster<flatmanifest::python::ObjectView> {};
template <>
class type_caster<flatmanifest::python::ManifestView>
    : public CopyingCaster<flatmanifest::python::ManifestView> {};

}  // namespace pybind11::detail

#endif  // FLATMANIFEST_BINDINGS_HANDLE_H_
