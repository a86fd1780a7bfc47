// One page that can be mailed, archived and opened in twenty years: everything is in it, and it asks nobody
// for anything. It is read on a phone (one column, wide tables scroll by themselves), on paper (no
// background, no broken rows) and in the dark (the colours follow the system's).
//
// Drawings come from gnuplot and Graphviz in black on white. Within tags their black becomes the colour of
// the text and their white background goes; texts are left alone, whatever words stand in them. Identifiers
// get the drawing's name in front, since all drawings of a program use the same ones.

#include "report/html.h"

#include <algorithm>

#include <fmt/format.h>

namespace gw {

namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--page:#fff;--line:#d0d7de;--mark:#fff3c4;--band:#f6f8fa;--link:#0b4f75;--range:#dcdcdc;--deep:#0b4f75}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9aa4af;--page:#14181d;--line:#3a424c;--mark:#4a3f16;--band:#1d232a;--link:#8cc4ea;--range:#3a424c;--deep:#2f86b5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem 1.2rem 3rem;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
p{max-width:46rem;margin:.6rem 0}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin-bottom:1rem;font-size:.95rem}
a{color:var(--link)}
.wide{overflow-x:auto;margin:.3rem 0 1.4rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
.caption{color:var(--soft);font-size:.88rem;margin:1.2rem 0 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child,.words{text-align:left}
td.words{white-space:normal;overflow-wrap:break-word;min-width:4rem}
thead th{background:var(--band);vertical-align:bottom}
thead button{all:unset;cursor:pointer;font-weight:600;white-space:normal}
thead button:focus-visible{outline:2px solid var(--link)}
th[aria-sort=ascending] button::after{content:" \25B2"}
th[aria-sort=descending] button::after{content:" \25BC"}
tr.mark td{background:var(--mark);font-weight:600}
figure{margin:1rem 0 1.6rem}
figcaption{color:var(--soft);font-size:.9rem;max-width:46rem;margin-top:.3rem}
svg,img{max-width:100%;height:auto;display:block}
svg text:not([fill]){fill:currentColor}
svg [fill='rgb(220, 220, 220)']{fill:var(--range)}
svg [fill='rgb( 11,  79, 117)']{fill:var(--deep)}
svg [stroke='rgb( 11,  79, 117)']{stroke:var(--deep)}
img{background:#fff}
.tall{max-height:42rem;overflow:auto;border:1px solid var(--line)}
.tall svg,.tall img{margin:0 auto}
.tall img{max-height:41rem;width:auto}
pre{background:var(--band);border:1px solid var(--line);padding:.7rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
@media(max-width:40rem){body{padding:.7rem}h1{font-size:1.35rem}th,td{padding:.25rem .4rem}}
@media print{:root{--text:#000;--soft:#333;--page:#fff;--line:#999;--mark:#eee;--band:#f3f3f3;--range:#dcdcdc;--deep:#0b4f75}nav{display:none}
.wide,.tall{overflow:visible;max-height:none;border:0}
.tall svg,.tall img{margin:0}
.tall img{max-height:14cm;width:auto}
table{font-size:.66rem}
table.many{font-size:.54rem}
th,td{padding:.1rem .25rem}
td.words{min-width:0}
thead button{display:contents}
tr,figure{break-inside:avoid}
h2,.caption{break-after:avoid}}
)";

// Numbers sort as numbers, a second click turns the order round, and equal rows keep theirs. The numbers come
// from the cells' exact values where people are shown rounded ones.
constexpr std::string_view script = R"(
for(const head of document.querySelectorAll('thead th'))head.firstElementChild.addEventListener('click',()=>{
const table=head.closest('table'),column=[...head.parentNode.children].indexOf(head);
const up=head.getAttribute('aria-sort')!=='ascending';
for(const other of head.parentNode.children)other.removeAttribute('aria-sort');
head.setAttribute('aria-sort',up?'ascending':'descending');
const key=row=>{const cell=row.children[column];const raw=cell.dataset.raw??cell.textContent;const number=Number(raw);
return raw.trim()===''||Number.isNaN(number)?raw:number};
const compare=(a,b)=>typeof a===typeof b?(typeof a==='number'?a-b:a.localeCompare(b)):typeof a==='number'?-1:1;
const body=table.tBodies[0];
body.append(...[...body.rows].sort((a,b)=>(up?1:-1)*compare(key(a),key(b))));
});
)";

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string id_of(std::string_view title) {
  std::string id;
  for (const char c : title)
    id += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c
          : c >= 'A' && c <= 'Z'                           ? static_cast<char>(c - 'A' + 'a')
                                                           : '-';
  return id;
}

bool is_number(const TableCell& c) {
  return !c.raw.empty() && c.raw.find_first_not_of("0123456789.-+e") == c.raw.npos;
}

/// Columns of more texts than numbers; a dash or nothing is neither.
std::vector<bool> columns_of_words(const DocumentTable& table) {
  std::vector<int> texts(table.header.size(), 0);
  std::vector<bool> has_numbers(table.header.size(), false);
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size() && c < texts.size(); ++c) {
      if (row[c].text.empty() || row[c].text == "-" || row[c].text == "–") continue;
      has_numbers[c] = has_numbers[c] || is_number(row[c]);
      texts[c] += is_number(row[c]) ? -1 : 1;
    }
  }
  std::vector<bool> words;
  for (size_t c = 0; c < texts.size(); ++c) words.push_back(texts[c] > 0 || !has_numbers[c]);
  return words;
}

/// `number` tells tables of a page apart. A caption is a paragraph, which is as wide as the page and not as
/// the table. A table whose columns have no names has no head.
std::string html_table(const DocumentTable& table, int number) {
  const std::vector<bool> words = columns_of_words(table);
  std::string text;
  if (!table.caption.empty())
    text += fmt::format("<p class=\"caption\" id=\"table-{}\">{}</p>", number, html_text(table.caption));
  constexpr size_t many_columns = 10;
  text += "<div class=\"wide\"><table";
  if (table.header.size() > many_columns) text += " class=\"many\"";
  if (!table.caption.empty()) text += fmt::format(" aria-labelledby=\"table-{}\"", number);
  text += ">";
  if (std::any_of(table.header.begin(), table.header.end(), [](const auto& head) { return !head.empty(); })) {
    text += "<thead><tr>";
    for (size_t c = 0; c < table.header.size(); ++c)
      text += fmt::format("<th scope=\"col\"{}><button>{}</button></th>", words[c] ? " class=\"words\"" : "",
                          html_text(table.header[c]));
    text += "</tr></thead>";
  }
  text += "<tbody>\n";
  for (size_t r = 0; r < table.rows.size(); ++r) {
    text += table.is_marked(r) ? "<tr class=\"mark\">" : "<tr>";
    for (size_t c = 0; c < table.header.size(); ++c) {
      const TableCell entry = c < table.rows[r].size() ? table.rows[r][c] : cell("");
      text += "<td";
      if (words[c]) text += " class=\"words\"";
      if (entry.raw != entry.text) text += " data-raw=\"" + html_text(entry.raw) + "\"";
      text += ">" + html_text(entry.text) + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// One tag of a drawing in the colours of the page.
std::string themed(std::string tag, const std::string& name) {
  for (const std::string quote : {"\"", "'"}) {
    for (const char* black : {"black", "#000000", "rgb(0,0,0)", "rgb(  0,   0,   0)"})
      replace_all(tag, quote + black + quote, quote + "currentColor" + quote);
    replace_all(tag, " id=" + quote, " id=" + quote + name + "-");
    replace_all(tag, "xlink:href=" + quote + "#", "href=" + quote + "#" + name + "-");
    replace_all(tag, "url(#", "url(#" + name + "-");
  }
  // What the text's colour is written on.
  for (const char* white : {"fill=\"#ffffff\"", "fill=\"white\"", "fill = 'rgb(255, 255, 255)'"})
    replace_all(tag, white, "fill=\"none\"");
  return tag;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string inline_svg(std::string_view svg, const std::string& name, const std::string& description) {
  const size_t start = std::min(svg.find("<svg"), svg.size());
  std::string out;
  for (size_t at = start; at < svg.size();) {
    if (svg.substr(at).starts_with("<!--")) {
      at = std::min(svg.find("-->", at), svg.size() - 3) + 3;
      continue;
    }
    if (svg[at] != '<') {
      const size_t next = std::min(svg.find('<', at), svg.size());
      out += svg.substr(at, next - at);
      at = next;
      continue;
    }
    const size_t end = std::min(svg.find('>', at), svg.size() - 1) + 1;
    std::string tag = themed(std::string(svg.substr(at, end - at)), name);
    if (at == start) tag.insert(4, fmt::format(" role=\"img\" aria-label=\"{}\"", html_text(description)));
    out += tag;
    at = end;
  }
  return out;
}

Result<std::vector<PagePicture>> page_pictures(const std::vector<Figure>& figures,
                                               const fs::path& cache_folder) {
  std::vector<PagePicture> pictures;
  for (const Figure& figure : figures) {
    const auto drawing = draw(figure, DrawingFormat::Svg, cache_folder);
    if (!drawing) return drawing.errors();
    pictures.push_back({figure.name, figure.caption, inline_svg(*drawing, figure.name, figure.caption)});
  }
  return pictures;
}

PagePicture png_picture(std::string name, std::string caption, std::string_view png) {
  const std::string image =
      fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\">", html_text(caption), base64(png));
  return {std::move(name), std::move(caption), image};
}

std::string print_html(const Document& document, const std::vector<PagePicture>& pictures) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"Gatewright\">\n<title>{0}</title>\n<link rel=\"icon\" href=\"data:,\">\n"
      "<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<nav>",
      html_text(document.title), style);
  for (const Section& section : document.sections)
    text += fmt::format("<a href=\"#{}\">{}</a>", id_of(section.title), html_text(section.title));
  text += "</nav>\n";
  int tables = 0;
  for (const Section& section : document.sections) {
    text += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", id_of(section.title), html_text(section.title));
    for (const std::string& paragraph : section.paragraphs) text += "<p>" + html_text(paragraph) + "</p>\n";
    if (!section.code.empty()) text += "<pre>" + html_text(section.code) + "</pre>\n";
    for (const std::string& name : section.figures) {
      for (const PagePicture& picture : pictures) {
        if (picture.name != name) continue;
        text += fmt::format("<figure><div class=\"tall\">{}</div>\n<figcaption>{}</figcaption></figure>\n",
                            picture.content, html_text(picture.caption));
      }
    }
    for (const DocumentTable& table : section.tables) text += html_table(table, ++tables);
    text += "</section>\n";
  }
  return text + fmt::format("<script>{}</script>\n</body>\n</html>\n", script);
}

}  // namespace gw
