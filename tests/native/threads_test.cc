// Concurrent use by several threads, for ThreadSanitizer: `make sanitize`.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "format/verify.h"
#include "select/selection.h"
#include "store/manifest_file.h"
#include "store/publish.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using testing::Convert;
using testing::JsonOf;
using testing::SampleManifest;
using testing::ScratchDirectory;

constexpr int kThreads = 4;

// Runs `call` on several threads, with the number of each, and waits for all of them.
void OnThreads(const std::function<void(int)>& call) {
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int number = 0; number < kThreads; ++number) threads.emplace_back(call, number);
  for (std::thread& thread : threads) thread.join();
}

TEST(ThreadsTest, ReadersOpenWhileWritersPublish) {
  constexpr uint64_t kGenerations = 100;
  const ScratchDirectory directory;
  const std::string path = directory / "a.fman";
  Publish(path, Convert(SampleManifest(), {.generation = 1}).bytes());
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (uint64_t generation = 2; generation <= kGenerations; ++generation) {
      Publish(path, Convert(SampleManifest(), {.generation = generation}).bytes(), Flush::kNone);
    }
    is_over = true;
  });
  OnThreads([&](int) {
    uint64_t last = 0;
    bool is_last_time = false;
    while (!is_last_time) {
      is_last_time = is_over;
      const auto file = ManifestFile::Open(path);
      Verify(file->document());
      EXPECT_GE(file->document().header().generation, last);
      last = file->document().header().generation;
    }
    EXPECT_EQ(last, kGenerations);
  });
  writer.join();
}

TEST(ThreadsTest, WritersOfOneFileTakeTurns) {
  const ScratchDirectory directory;
  const std::string path = directory / "a.fman";
  OnThreads([&](int number) {
    for (int i = 0; i < 25; ++i) {
      const auto generation = static_cast<uint64_t>(number) * 100 + i + 1;
      Publish(path, Convert(SampleManifest(), {.generation = generation}).bytes(), Flush::kNone);
      Verify(ManifestFile::Open(path)->document());
    }
  });
  EXPECT_EQ(directory.Names(), std::set<std::string>{"a.fman"});
}

TEST(ThreadsTest, OneDocumentIsReadByAll) {
  const FileImage image = Convert(SampleManifest());
  const Document document = testing::Open(image);
  const std::string expected = JsonOf(document);
  OnThreads([&](int) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(JsonOf(document), expected);
  });
}

TEST(ThreadsTest, OneSelectorSelectsForAll) {
  const FileImage image = Convert(SampleManifest());
  const Document document = testing::Open(image);
  const Selector selector(document);
  const SelectionRequest request{.select = std::vector<std::string>{"+orders", "fqn:*", "tag:*"}};
  const std::vector<Row> expected = Selector(document).Select(request).rows;
  EXPECT_FALSE(expected.empty());
  // All threads need the lazily made tables for the first time at once.
  OnThreads([&](int) { EXPECT_EQ(selector.Select(request).rows, expected); });
}

}  // namespace
}  // namespace flatmanifest
