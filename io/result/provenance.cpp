#include "io/result/provenance.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <mpi.h>

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/mpi/exception.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <ctime>
#include <filesystem>

#include "io/files/hdf5_file.hpp"
#include "io/files/version.hpp"

namespace hecaton::io {
namespace {

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

std::string mpi_library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  BOOST_MPI_CHECK_RESULT(MPI_Get_library_version, (text, &length));
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

bool is_plain(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  return !word.empty() && word.find_first_not_of(plain) == std::string_view::npos;
}

std::string shell_word(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

Provenance collect_provenance(std::string command_line, std::string partition,
                              const boost::mpi::communicator& comm) {
  Provenance provenance;
  provenance.command_line = std::move(command_line);
  provenance.partition = std::move(partition);
  provenance.date = utc_now();
  std::error_code ignored;  // a removed working directory is no reason to lose a run
  provenance.folder = std::filesystem::current_path(ignored).string();
  provenance.software = {
      {"mpi", mpi_library()}, {"hdf5", hdf5::library_version()}, {"compiler", build_info().compiler}};
  boost::mpi::gather(comm, boost::mpi::environment::processor_name(), provenance.hosts, 0);
  return provenance;
}

std::string join_command_line(std::span<const char* const> arguments) {
  std::string line;
  for (const char* argument : arguments) {
    if (!line.empty()) line += ' ';
    line += shell_word(argument);
  }
  return line;
}

}  // namespace hecaton::io
