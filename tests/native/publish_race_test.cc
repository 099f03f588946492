// Races of writers, killed writers, and concurrent readers. `make soak` makes them longer.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "format/verify.h"
#include "store/manifest_file.h"
#include "store/publish.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"
#include "testing/soak.h"
#include "testing/traced_process.h"

namespace flatmanifest {
namespace {

using testing::ScratchDirectory;
using testing::Soak;

using FileNames = std::set<std::string>;

constexpr char kName[] = "manifest.fman";

// Some pages of JSON that name their writer twice.
FileImage ImageBy(const std::string& writer) {
  return testing::Convert(R"({"nodes": {}, "first": ")" + writer + R"(", "text": ")" +
                          std::string(10'000, 'x') + R"(", "last": ")" + writer + R"("})");
}

uint64_t PublishBy(const std::string& writer, const std::string& path) {
  FileImage image = ImageBy(writer);
  return PublishNext(path, image.writable_bytes()).generation;
}

// Opens the current file, checks all of it, and returns its generation.
uint64_t ReadGeneration(const std::string& path) {
  const auto file = ManifestFile::Open(path);
  const Document& document = file->document();
  Verify(document);
  const auto text = [&](const char* key) {
    return document.String(testing::At(document, key).index());
  };
  EXPECT_EQ(text("first"), text("last"));
  return document.header().generation;
}

// Open descriptors of this process, and its mappings of files in a directory.
size_t CountDescriptors() {
  const std::filesystem::directory_iterator all("/dev/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}
size_t CountMappings(const std::string& directory) {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    count += line.find(directory) != std::string::npos ? 1 : 0;
  }
  return count;
}

// Reads in some threads, as fast as possible, until it is destroyed. Generations must never go
// back.
class Readers {
 public:
  Readers(std::string path, int count) : path_(std::move(path)) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { Read(); });
  }
  ~Readers() {
    if (!is_over_) Stop();
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // How often the readers have opened the file.
  uint64_t Stop() {
    is_over_ = true;
    for (std::thread& thread : threads_) thread.join();
    return opened_;
  }

 private:
  void Read() {
    uint64_t latest = 0;
    while (!is_over_) {
      const uint64_t generation = ReadGeneration(path_);
      EXPECT_GE(generation, latest);
      latest = generation;
      ++opened_;
    }
  }

  const std::string path_;
  std::atomic<bool> is_over_ = false;
  std::atomic<uint64_t> opened_ = 0;
  std::vector<std::thread> threads_;
};

std::vector<uint64_t> From1To(size_t last) {
  std::vector<uint64_t> all(last);
  std::iota(all.begin(), all.end(), uint64_t{1});
  return all;
}

class WriterRaceTest : public ::testing::TestWithParam<int> {};

TEST_P(WriterRaceTest, EveryPublishIsAGenerationOfItsOwn) {
  const int writers = GetParam();
  const int times = 96 / writers;
  const ScratchDirectory directory;
  const std::string path = directory / kName;
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  std::vector<pid_t> processes;
  processes.reserve(writers);
  for (int writer = 0; writer < writers; ++writer) {
    processes.push_back(testing::RunForked([&] {
      for (int i = 0; i < times; ++i) {
        const uint64_t generation = PublishBy("process " + std::to_string(writer), path);
        if (::write(told[1], &generation, sizeof(generation)) != sizeof(generation)) ::_exit(254);
      }
    }));
  }
  for (const pid_t process : processes) EXPECT_EQ(testing::WaitFor(process).status, 0);
  ::close(told[1]);
  std::vector<uint64_t> generations;
  for (uint64_t generation = 0; ::read(told[0], &generation, sizeof(generation)) > 0;) {
    generations.push_back(generation);
  }
  ::close(told[0]);
  std::sort(generations.begin(), generations.end());
  EXPECT_EQ(generations, From1To(static_cast<size_t>(writers * times)));
  EXPECT_EQ(ReadGeneration(path), generations.back());
  EXPECT_EQ(directory.Names(), FileNames{kName});
}

TEST_P(WriterRaceTest, ThreadsTakeTurnsToo) {
  const int writers = GetParam();
  const int times = 96 / writers;
  const ScratchDirectory directory;
  const std::string path = directory / kName;
  PublishBy("the first", path);
  const size_t descriptors = CountDescriptors();
  Readers readers(path, 2);
  std::vector<std::vector<uint64_t>> generations(writers);
  std::vector<std::thread> threads;
  threads.reserve(writers);
  for (std::vector<uint64_t>& mine : generations) {
    threads.emplace_back([&] {
      for (int i = 0; i < times; ++i) mine.push_back(PublishBy("a thread", path));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(readers.Stop(), 0U);
  std::vector<uint64_t> all = {1};
  for (const std::vector<uint64_t>& mine : generations) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, From1To(static_cast<size_t>(writers * times + 1)));
  EXPECT_EQ(directory.Names(), FileNames{kName});
  EXPECT_EQ(CountDescriptors(), descriptors);
  EXPECT_EQ(CountMappings(directory / ""), 0U);
}

INSTANTIATE_TEST_SUITE_P(Writers, WriterRaceTest, ::testing::Values(2, 8, 32),
                         ::testing::PrintToStringParamName());

TEST(PublishSoakTest, ReadersDuringPublishes) {
  const ScratchDirectory directory;
  const std::string path = directory / kName;
  PublishBy("the first", path);
  const size_t descriptors = CountDescriptors();
  Readers readers(path, 2);
  Soak soak(500, 10'000);
  uint64_t latest = 1;
  while (soak.Next()) {
    const uint64_t generation = PublishBy("the writer", path);
    ASSERT_EQ(generation, latest + 1);
    latest = generation;
  }
  const uint64_t opened = readers.Stop();
  EXPECT_EQ(ReadGeneration(path), latest);
  EXPECT_EQ(directory.Names(), FileNames{kName});
  EXPECT_EQ(CountDescriptors(), descriptors);
  EXPECT_EQ(CountMappings(directory / ""), 0U);
  std::printf("soak: %d publishes in %.0f s, opened and checked %llu times by 2 threads\n",
              soak.done(), soak.seconds(), static_cast<unsigned long long>(opened));
}

TEST(PublishSoakTest, WritersThatAreKilledAtRandom) {
  const ScratchDirectory directory;
  const std::string path = directory / kName;
  PublishBy("the first", path);
  const auto start = [&] {
    return testing::RunForked([&] {
      for (;;) PublishBy("process " + std::to_string(::getpid()), path);
    });
  };
  std::vector<pid_t> writers(4);
  std::generate(writers.begin(), writers.end(), start);

  std::mt19937 random(20'260'101);
  std::uniform_int_distribution<int> microseconds(0, 8'000);
  Soak soak(200, 5'000);
  uint64_t latest = 1;
  int left = 0;
  while (soak.Next()) {
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    pid_t& writer = writers[random() % writers.size()];
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    ASSERT_TRUE(testing::WaitFor(writer).was_killed);
    const uint64_t generation = ReadGeneration(path);
    ASSERT_GE(generation, latest);
    latest = generation;
    const FileNames names = directory.Names();
    ASSERT_TRUE(names == FileNames{kName} || names == (FileNames{kName, ".manifest.fman.tmp"}));
    left += names.size() > 1 ? 1 : 0;
    writer = start();
  }
  for (const pid_t writer : writers) {
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    testing::WaitFor(writer);
  }
  EXPECT_GT(latest, 1U);
  latest = ReadGeneration(path);
  EXPECT_EQ(PublishBy("the last", path), latest + 1);
  EXPECT_EQ(ReadGeneration(path), latest + 1);
  EXPECT_EQ(directory.Names(), FileNames{kName});
  std::printf(
      "soak: %d times one of 4 racing writers killed in %.0f s, %d times with a file left, "
      "%llu generations\n",
      soak.done(), soak.seconds(), left, static_cast<unsigned long long>(latest));
}

}  // namespace
}  // namespace flatmanifest
