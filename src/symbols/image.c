/* SPDX-License-Identifier: Apache-2.0
 * What of a kernel is loaded, and what has a name in it.
 *
 * A piece is known again in another kernel by its name, the source file that its symbol table gives
 * (only for what other files do not see), and its number among those of that name and file. The
 * compiler numbers what is static in a function ("__key.12") through the whole file, so that number
 * is not part of the name.
 */
#include "symbols/internal.h"

#include <string.h>

/* A section that is loaded. */
typedef struct Area {
    guint64 address, size;
    const guint8 *bytes; /* NULL: zeros, of which the file says only how many */
    gboolean is_code;
} Area;

struct Image {
    GArray *pieces;     /* of Piece, by address */
    GPtrArray *areas;   /* of Area, by number of section; NULL: not loaded */
    GHashTable *by_key; /* key -> Piece */
    GStringChunk *keys;
};

/* Names that macros make of counters and lines, so that they are other ones after each edit. */
static gboolean is_made_up(const char *name)
{
    return g_str_has_prefix(name, "__UNIQUE_ID_") || g_str_has_prefix(name, "__initcall_");
}

/* Bytes of @name without the numbers of the compiler's at its end. */
static gsize stem_length(const char *name)
{
    gsize n = strlen(name), digits = n;

    while (digits > 0 && g_ascii_isdigit(name[digits - 1])) {
        digits--;
    }
    return digits < n && digits > 1 && name[digits - 1] == '.' ? digits - 1 : n;
}

static void read_areas(Image *image, Elf *elf)
{
    g_ptr_array_add(image->areas, NULL);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        Area area = {0};
        GElf_Shdr header;
        Elf_Data *data;

        if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC)) {
            g_ptr_array_add(image->areas, NULL);
            continue;
        }
        data = header.sh_type == SHT_NOBITS ? NULL : elf_rawdata(section, NULL);
        area = (Area){.address = header.sh_addr,
                      .size = header.sh_size,
                      .is_code = (header.sh_flags & SHF_EXECINSTR) != 0};
        if (data && data->d_size == header.sh_size) {
            area.bytes = data->d_buf;
        }
        g_ptr_array_add(image->areas, g_memdup2(&area, sizeof area));
    }
}

static const Area *area_of(const Image *image, guint index)
{
    return index < image->areas->len ? image->areas->pdata[index] : NULL;
}

/* The key of a piece, counting those of its name in @numbers. */
static const char *make_key(Image *image, const Piece *piece, GHashTable *numbers)
{
    g_autofree char *name =
        g_strdup_printf("%s\n%.*s", piece->file, (int)piece->n_stem, piece->name);
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(numbers, name)) + 1;
    g_autofree char *key = g_strdup_printf("%s\n%u", name, number);

    g_hash_table_insert(numbers, g_steal_pointer(&name), GUINT_TO_POINTER(number));
    return g_string_chunk_insert(image->keys, key);
}

static void read_piece(Image *image, const GElf_Sym *entry, const char *name, const char *file,
                       GHashTable *numbers)
{
    const Area *area = area_of(image, entry->st_shndx);
    Piece piece = {.address = entry->st_value,
                   .name = name,
                   .n_stem = stem_length(name),
                   .file = GELF_ST_BIND(entry->st_info) == STB_LOCAL ? file : ""};

    if (!*name || g_str_has_prefix(name, ".L") || GELF_ST_TYPE(entry->st_info) == STT_SECTION) {
        return;
    }
    piece.is_function = area && area->is_code;
    /* What lies outside of its section is no piece, whatever a hostile file says. */
    if (area && entry->st_size > 0 && entry->st_value >= area->address &&
        entry->st_value - area->address < area->size) {
        piece.size = MIN(entry->st_size, area->size - (entry->st_value - area->address));
        piece.bytes = area->bytes ? area->bytes + (entry->st_value - area->address) : NULL;
    }
    if (piece.size > 0 && !is_made_up(name)) {
        piece.key = make_key(image, &piece, numbers);
    }
    g_array_append_val(image->pieces, piece);
}

static void read_pieces(Image *image, Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                        GHashTable *numbers)
{
    Elf_Data *data = elf_getdata(section, NULL);
    gsize n = header->sh_entsize > 0 ? header->sh_size / header->sh_entsize : 0;
    const char *file = "";

    for (gsize i = 0; data && i < n; i++) {
        GElf_Sym entry;
        const char *name;

        if (!gelf_getsym(data, (int)i, &entry)) {
            return;
        }
        name = elf_strptr(elf, header->sh_link, entry.st_name);
        if (!name || entry.st_shndx == SHN_UNDEF) {
            continue;
        }
        if (GELF_ST_TYPE(entry.st_info) == STT_FILE) {
            file = name;
        } else {
            read_piece(image, &entry, name, file, numbers);
        }
    }
}

static int compare_pieces(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Piece *)a)->address, y = ((const Piece *)b)->address;

    return x < y ? -1 : x > y;
}

Image *image_new(Elf *elf)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Image *image = g_new0(Image, 1);

    image->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    image->areas = g_ptr_array_new_with_free_func(g_free);
    image->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    image->keys = g_string_chunk_new(1 << 16);
    read_areas(image, elf);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
            read_pieces(image, elf, section, &header, numbers);
        }
    }
    g_array_sort(image->pieces, compare_pieces);
    for (guint i = 0; i < image->pieces->len; i++) {
        Piece *piece = &g_array_index(image->pieces, Piece, i);

        if (piece->key) {
            g_hash_table_insert(image->by_key, (gpointer)piece->key, piece);
        }
    }
    return image;
}

void image_free(Image *image)
{
    if (!image) {
        return;
    }
    g_array_unref(image->pieces);
    g_ptr_array_unref(image->areas);
    g_hash_table_unref(image->by_key);
    g_string_chunk_free(image->keys);
    g_free(image);
}

const Piece *image_pieces(const Image *image, guint *ret_n)
{
    *ret_n = image->pieces->len;
    return (const Piece *)image->pieces->data;
}

const Piece *image_find(const Image *image, const char *key)
{
    return g_hash_table_lookup(image->by_key, key);
}

guint image_first_after(const Image *image, guint64 address)
{
    guint low = 0, high = image->pieces->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(image->pieces, Piece, middle).address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const guint8 *image_bytes(const Image *image, guint64 address, gsize *ret_n)
{
    for (guint i = 0; i < image->areas->len; i++) {
        const Area *area = image->areas->pdata[i];

        if (area && area->bytes && address >= area->address &&
            address - area->address < area->size) {
            *ret_n = area->size - (address - area->address);
            return area->bytes + (address - area->address);
        }
    }
    return NULL;
}
