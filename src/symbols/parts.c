/* SPDX-License-Identifier: Apache-2.0
 * Objects that were compiled once more, with debug information, for a kernel that has none.
 *
 * -g does not change the code that a compiler makes; but the object is another run of another make,
 * so that is not taken on trust. A function gets lines only where its size is that of the one in
 * the vmlinux, and its bytes are, too: all but those that a linker fills in, and no-operations, by
 * which objtool replaces calls and jumps after the link.
 */
#include "symbols/internal.h"

#include <string.h>

/* An object, open. */
typedef struct Part {
    Binary *binary;
    GArray *codes; /* of Code */
} Part;

struct Parts {
    char *dir;
    char **source_dirs;
    GHashTable *open; /* path of an object -> Part, or NULL when there is none with lines */
};

static void part_free(gpointer data)
{
    Part *part = data;

    if (part) {
        g_array_unref(part->codes);
        binary_free(part->binary);
        g_free(part);
    }
}

Parts *parts_new(const char *dir, const char *const *source_dirs)
{
    Parts *parts = g_new0(Parts, 1);

    parts->dir = g_strdup(dir);
    parts->source_dirs = g_strdupv((char **)source_dirs);
    parts->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, part_free);
    return parts;
}

void parts_free(Parts *parts)
{
    if (!parts) {
        return;
    }
    g_hash_table_unref(parts->open);
    g_strfreev(parts->source_dirs);
    g_free(parts->dir);
    g_free(parts);
}

static Part *open_part(const Parts *parts, const char *object)
{
    g_autofree char *path = g_build_filename(parts->dir, object, NULL);
    g_autoptr(Binary) binary = binary_open(path, (const char *const *)parts->source_dirs, NULL);
    Part *part;

    /* Only libdwfl's debug information has its addresses in order. */
    if (!binary || !binary->lines || !binary->session) {
        return NULL;
    }
    part = g_new0(Part, 1);
    part->codes = code_read(binary->elf);
    part->binary = g_steal_pointer(&binary);
    return part;
}

static Part *find_part(Parts *parts, const char *object)
{
    gpointer part;

    if (!g_hash_table_lookup_extended(parts->open, object, NULL, &part)) {
        part = open_part(parts, object);
        g_hash_table_insert(parts->open, g_strdup(object), part);
    }
    return part;
}

/* --- Is it the same code? -------------------------------------------------------------------- */

/* Bytes that a relocation of @type fills in. */
static gsize width_of(guint machine, guint type)
{
    if (machine != EM_X86_64) {
        return 4;
    }
    switch (type) {
    case R_X86_64_64:
    case R_X86_64_PC64:
        return 8;
    case R_X86_64_16:
    case R_X86_64_PC16:
        return 2;
    case R_X86_64_8:
    case R_X86_64_PC8:
        return 1;
    default:
        return 4;
    }
}

/* A linker that relaxes an instruction changes the bytes of it before the address, too. */
#define OPCODE_BYTES 3

/* Mark in @is_filled, of @code->size bytes, what a linker fills in of @code. */
static void mark_filled(Elf *elf, const Code *code, guint8 *is_filled)
{
    GElf_Ehdr file;
    GElf_Shdr header;
    GElf_Rela entry;

    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        Elf_Data *data;
        gsize n;

        if (!gelf_getehdr(elf, &file) || !gelf_getshdr(section, &header) ||
            header.sh_type != SHT_RELA || header.sh_info != code->section || !header.sh_entsize ||
            !(data = elf_getdata(section, NULL))) {
            continue;
        }
        n = header.sh_size / header.sh_entsize;
        for (gsize i = 0; i < n && gelf_getrela(data, (int)i, &entry); i++) {
            guint64 at = entry.r_offset - code->value;
            gsize width = width_of(file.e_machine, GELF_R_TYPE(entry.r_info));

            if (at >= code->size) { /* or before it */
                continue;
            }
            for (gsize k = at - MIN(at, OPCODE_BYTES); k < MIN(at + width, code->size); k++) {
                is_filled[k] = TRUE;
            }
        }
    }
}

/* Bytes of the no-operation at @bytes; 0: it is none. */
static gsize nop_length(const guint8 *bytes, gsize n)
{
    static const struct {
        guint8 n, bytes[5];
    } nops[] = {{5, {0x0f, 0x1f, 0x44, 0x00, 0x00}},
                {4, {0x0f, 0x1f, 0x40, 0x00}},
                {3, {0x0f, 0x1f, 0x00}},
                {2, {0x66, 0x90}},
                {1, {0x90}}};

    for (gsize i = 0; i < G_N_ELEMENTS(nops); i++) {
        if (n >= nops[i].n && memcmp(bytes, nops[i].bytes, nops[i].n) == 0) {
            return nops[i].n;
        }
    }
    return 0;
}

/* Is the code of @part at @code that of @piece? */
static gboolean same_code(const Part *part, const Code *code, const Piece *piece)
{
    Elf_Scn *section = elf_getscn(part->binary->elf, code->section);
    Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
    g_autofree guint8 *is_filled = NULL;
    const guint8 *bytes;

    if (code->size != piece->size || !piece->bytes || !data || !data->d_buf ||
        code->value > data->d_size || code->size > data->d_size - code->value) {
        return FALSE;
    }
    bytes = (const guint8 *)data->d_buf + code->value;
    is_filled = g_malloc0(code->size);
    mark_filled(part->binary->elf, code, is_filled);
    for (gsize i = 0; i < code->size;) {
        gsize n_nop = nop_length(piece->bytes + i, code->size - i);

        if (bytes[i] != piece->bytes[i] && !is_filled[i] && n_nop == 0) {
            return FALSE;
        }
        i += bytes[i] != piece->bytes[i] && n_nop > 0 ? n_nop : 1;
    }
    return TRUE;
}

/* --- Lines ----------------------------------------------------------------------------------- */

/* The function of @vmlinux that has @address in it: names of one address are all of it, and come
 * one behind the other. @part has one of them. */
static const Code *find_code(const Part *part, const Image *vmlinux, guint64 address,
                             guint64 *ret_start)
{
    guint n, end = image_first_after(vmlinux, address);
    const Piece *pieces = image_pieces(vmlinux, &n);
    guint64 start = 0;

    for (guint i = end; i > 0; i--) {
        const Piece *piece = &pieces[i - 1];

        if (piece->size == 0 || !piece->is_function) {
            continue; /* a label */
        }
        if (address - piece->address >= piece->size || (start && piece->address != start)) {
            return NULL;
        }
        start = piece->address;
        for (guint k = 0; k < part->codes->len; k++) {
            const Code *code = &g_array_index(part->codes, Code, k);

            if (g_str_equal(code->name, piece->name) && same_code(part, code, piece)) {
                *ret_start = start;
                return code;
            }
        }
    }
    return NULL;
}

GPtrArray *parts_find(Parts *parts, const char *object, const Image *vmlinux, guint64 address)
{
    const Part *part = find_part(parts, object);
    guint64 start;
    const Code *code = part ? find_code(part, vmlinux, address, &start) : NULL;
    GElf_Shdr header;

    if (!code || !gelf_getshdr(elf_getscn(part->binary->elf, code->section), &header)) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    }
    /* libdwfl has laid the section out at sh_addr. */
    return line_table_find(part->binary->lines, header.sh_addr + code->value + (address - start));
}
