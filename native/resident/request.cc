#include "resident/request.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "format/error.h"

namespace flatmanifest::resident {

namespace {

constexpr std::string_view kMagic = "FMR1";
constexpr size_t kMostDescriptors = 250;  // SCM_MAX_FD of Linux is 253
constexpr const char* kTemplate = "the template";

// A list of texts by its name: "NAME\0COUNT\0TEXT\0…".
void AddList(std::string& payload, std::string_view name, const std::vector<std::string>& texts) {
  payload.append(name).push_back('\0');
  payload.append(std::to_string(texts.size())).push_back('\0');
  for (const std::string& text : texts) payload.append(text).push_back('\0');
}

std::vector<std::string> Environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

void SendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot write to", kTemplate, errno);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

// Sends the payload behind its length; the descriptors come with the first byte.
void Send(int connection, const std::string& payload, const std::vector<int>& descriptors) {
  std::string head(kMagic);
  const auto size = static_cast<uint32_t>(payload.size());
  for (int shift = 0; shift < 32; shift += 8) head.push_back(static_cast<char>(size >> shift));
  iovec part{.iov_base = head.data(), .iov_len = head.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(connection, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw IoError("cannot write to", kTemplate, errno);
  SendAll(connection, std::string_view(head).substr(static_cast<size_t>(sent)));
  SendAll(connection, payload);
}

}  // namespace

void SendRequest(int connection, const char* kind) {
  std::string payload;
  AddList(payload, "kind", {kind});
  Send(connection, payload, {});
}

void SendCommand(int connection, const std::vector<std::string>& arguments,
                 const ProcessState& state) {
  if (state.descriptors.size() > kMostDescriptors) {
    throw FormatError("the process has " + std::to_string(state.descriptors.size()) +
                      " open descriptors");
  }
  Descriptor directory(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) throw IoError("cannot open", "the working directory", errno);
  std::vector<int> descriptors = {directory.get()};
  for (const std::string& number : state.descriptors) {
    int descriptor = -1;
    std::from_chars(number.data(), number.data() + number.size(), descriptor);
    descriptors.push_back(descriptor);
  }
  std::string payload;
  AddList(payload, "kind", {kRun});
  AddList(payload, "arguments", arguments);
  AddList(payload, "environment", Environment());
  AddList(payload, "descriptors", state.descriptors);
  AddList(payload, "umask", {state.umask});
  AddList(payload, "limits", state.limits);
  AddList(payload, "ignored", state.ignored_signals);
  AddList(payload, "blocked", state.blocked_signals);
  AddList(payload, "processors", state.processors);
  Send(connection, payload, descriptors);
}

std::optional<std::string> Answers::NextLine() {
  while (true) {
    const size_t end = read_.find('\n');
    if (end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (!Receive()) return std::nullopt;
  }
}

bool Answers::Receive() {
  char bytes[1024];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec part{.iov_base = bytes, .iov_len = sizeof(bytes)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t count = 0;
  do {
    count = ::recvmsg(connection_, &message, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof(descriptor));
    received_ = Descriptor(descriptor);
  }
  read_.append(bytes, static_cast<size_t>(count));
  return true;
}

}  // namespace flatmanifest::resident
