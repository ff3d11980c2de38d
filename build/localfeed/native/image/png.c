#include "mlimage.h"

#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

struct reader {
    struct mlimage *image;
    enum mlimage_status status;
    int alpha;         /* the rows carry alpha that is not yet premultiplied */
    png_uint_32 rows;  /* how many rows the first pass has reached */
};

static void raise_error(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_header(png_structp png, png_infop info)
{
    struct reader *reader = png_get_progressive_ptr(png);
    reader->status = mlimage_allocate(reader->image, png_get_image_width(png, info), png_get_image_height(png, info));
    if (reader->status != MLIMAGE_OK)
        png_error(png, "no memory for the pixels");

    int transparent = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    png_byte color = png_get_color_type(png, info);
    reader->alpha = transparent || (color & PNG_COLOR_MASK_ALPHA);
    reader->image->gray = color == PNG_COLOR_TYPE_GRAY && !transparent;

    png_set_expand(png); /* palettes to colors, 1-4 bit gray to 8, tRNS to alpha */
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    if (!reader->alpha)
        png_set_filler(png, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static void on_row(png_structp png, png_bytep row, png_uint_32 y, int pass)
{
    struct reader *reader = png_get_progressive_ptr(png);
    if (!row || y >= (png_uint_32)reader->image->height)
        return;
    if (pass == 0 && y >= reader->rows)
        reader->rows = y + 1;
    png_progressive_combine_row(png, reader->image->pixels + (size_t)y * (size_t)reader->image->width * 4, row);
}

static void premultiply(uint8_t *pixel, size_t count)
{
    for (; count > 0; count--, pixel += 4) {
        unsigned alpha = pixel[3];
        if (alpha == 255)
            continue;
        for (int channel = 0; channel < 3; channel++) {
            unsigned product = pixel[channel] * alpha + 128;
            pixel[channel] = (uint8_t)((product + (product >> 8)) >> 8);
        }
    }
}

enum mlimage_status mlimage_decode_png(const uint8_t *data, size_t size, struct mlimage *image)
{
    struct reader reader = { .image = image, .status = MLIMAGE_INVALID };
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, raise_error, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return MLIMAGE_TOO_LARGE;
    }

    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return reader.status == MLIMAGE_OK ? MLIMAGE_INVALID : reader.status;
    }

    /* Text, profiles and the like change no pixel; unread, they cannot be decompression bombs. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    png_set_progressive_read_fn(png, &reader, on_header, on_row, NULL);
    /* The push interface keeps every row that a cut-off file still holds. */
    png_process_data(png, info, (png_bytep)data, size);
    png_destroy_read_struct(&png, &info, NULL);

    if (reader.status == MLIMAGE_OK && reader.alpha)
        premultiply(image->pixels, (size_t)reader.rows * (size_t)image->width);
    return reader.status;
}

void mlimage_encode_png(const uint8_t *pixels, int32_t width, int32_t height, int32_t bgra, uint8_t **encoded, size_t *size)
{
    png_image image = { .version = PNG_IMAGE_VERSION };
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = bgra ? PNG_FORMAT_BGRA : PNG_FORMAT_RGBA;

    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    *encoded = malloc(bytes);
    if (*encoded && !png_image_write_to_memory(&image, *encoded, &bytes, 0, pixels, 0, NULL)) {
        free(*encoded);
        *encoded = NULL;
    }
    *size = *encoded ? bytes : 0;
}
