# Makes a source of the files of assets/: assets.cmake -DFOLDER=... -DOUTPUT=... -DSCRIPTS=a.js,b.js
function(read_asset result)
  set(text "")
  foreach(name IN LISTS ARGN)
    file(READ ${FOLDER}/${name} one)
    string(APPEND text "${one}")
  endforeach()
  set(${result} "R\"asset(${text})asset\"" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
read_asset(page page.html)
read_asset(style page.css)
read_asset(script ${SCRIPTS})
file(WRITE ${OUTPUT} "#include \"io/page/assets.hpp\"

namespace hecaton::io::assets {

const std::string_view page = ${page};
const std::string_view style = ${style};
const std::string_view script = ${script};

}  // namespace hecaton::io::assets
")
