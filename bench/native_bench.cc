// Times the native code without Python and without processes. FLATMANIFEST_BENCH_JSON names the
// manifest.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "convert/convert.h"
#include "convert/json_writer.h"
#include "format/verify.h"

namespace flatmanifest {
namespace {

const InputFile& Input() {
  static const InputFile input = ReadInput(std::getenv("FLATMANIFEST_BENCH_JSON"));
  return input;
}

const FileImage& Image() {
  static const FileImage image = ConvertJson(Input().text.padded(), "manifest", {});
  return image;
}

void CountBytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * state.iterations());
}

void BM_Convert(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(ConvertJson(Input().text.padded(), "manifest", {}));
  }
  CountBytes(state, Input().text.size());
}
BENCHMARK(BM_Convert)->Unit(benchmark::kMillisecond);

void BM_OpenDocument(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Document::Open(Image().bytes(), "manifest"));
}
BENCHMARK(BM_OpenDocument);

void BM_WriteJson(benchmark::State& state) {
  const Document document = Document::Open(Image().bytes(), "manifest");
  for (auto _ : state) {
    BulkText json;
    WriteJson(document, document.root(), json);
    benchmark::DoNotOptimize(json.text());
  }
  CountBytes(state, Input().text.size());
}
BENCHMARK(BM_WriteJson)->Unit(benchmark::kMillisecond);

void BM_Verify(benchmark::State& state) {
  const Document document = Document::Open(Image().bytes(), "manifest");
  for (auto _ : state) Verify(document);
  CountBytes(state, Image().bytes().size());
}
BENCHMARK(BM_Verify)->Unit(benchmark::kMillisecond);

// Finds every resource by its unique_id, once per iteration.
void BM_FindRow(benchmark::State& state) {
  const Document document = Document::Open(Image().bytes(), "manifest");
  for (auto _ : state) {
    for (const StringId id : document.resources().unique_id) {
      benchmark::DoNotOptimize(document.FindRow(document.String(id)));
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(document.row_count()) * state.iterations());
}
BENCHMARK(BM_FindRow)->Unit(benchmark::kMicrosecond);

// Finds one key of every resource, by binary search in its shape.
void BM_FindKey(benchmark::State& state) {
  const Document document = Document::Open(Image().bytes(), "manifest");
  for (auto _ : state) {
    for (const Cell value : document.resources().value) {
      benchmark::DoNotOptimize(document.Find(value, "package_name"));
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(document.row_count()) * state.iterations());
}
BENCHMARK(BM_FindKey)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace flatmanifest

int main(int argc, char** argv) {
  if (std::getenv("FLATMANIFEST_BENCH_JSON") == nullptr) {
    std::fputs("set FLATMANIFEST_BENCH_JSON to a manifest.json\n", stderr);
    return 2;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
