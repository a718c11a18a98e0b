// The standard streams of the program: none of them is ever one of its own files, and what could not be printed does
// not pass for success.
#pragma once

namespace hecaton::runs {

// Where the caller has closed stdin, stdout or stderr, the next file that is opened would take its place, and what is
// printed would go into that file. So such a stream is opened on nothing: printing to it fails. To be called before
// any file is opened.
void open_standard_streams();

// Whether all of stdout has arrived, at the end; if not, says so on stderr.
bool everything_printed();

}  // namespace hecaton::runs
