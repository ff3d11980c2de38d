#include "mlimage.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file can ask for any number of passes over the whole image; real ones have about ten. */
#define MAX_SCANS 100

struct errors {
    struct jpeg_error_mgr base;
    jmp_buf on_error;
    volatile int reading_rows;
};

static void raise_error(j_common_ptr info)
{
    longjmp(((struct errors *)info->err)->on_error, 1);
}

static void ignore_message(j_common_ptr info)
{
    (void)info;
}

static struct jpeg_error_mgr *catch_errors(struct errors *errors)
{
    jpeg_std_error(&errors->base);
    errors->base.error_exit = raise_error;
    errors->base.output_message = ignore_message;
    errors->reading_rows = 0;
    return &errors->base;
}

static void no_op(j_decompress_ptr info)
{
    (void)info;
}

/* The file ends here: libjpeg suspends, so that the rows decoded so far are kept. */
static boolean end_of_data(j_decompress_ptr info)
{
    (void)info;
    return FALSE;
}

static void skip(j_decompress_ptr info, long count)
{
    if (count <= 0)
        return;
    if ((size_t)count > info->src->bytes_in_buffer)
        ERREXIT(info, JERR_INPUT_EOF);
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= (size_t)count;
}

static void limit_scans(j_common_ptr info)
{
    if (((j_decompress_ptr)info)->input_scan_number >= MAX_SCANS)
        raise_error(info);
}

/* CMYK files hold inverted values (Adobe's convention, which Skia and Pillow assume for all of them): red = cyan * black. */
static void inverted_cmyk_to_rgba(uint8_t *pixel, int32_t count)
{
    for (; count > 0; count--, pixel += 4) {
        unsigned black = pixel[3];
        for (int channel = 0; channel < 3; channel++) {
            unsigned product = pixel[channel] * black + 128;
            pixel[channel] = (uint8_t)((product + (product >> 8)) >> 8);
        }
        pixel[3] = 255;
    }
}

static enum mlimage_status read_image(j_decompress_ptr info, struct mlimage *image)
{
    if (jpeg_read_header(info, TRUE) != JPEG_HEADER_OK)
        return MLIMAGE_INVALID;

    int cmyk = 0;
    switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
        image->gray = 1;
        /* fall through */
    case JCS_RGB:
    case JCS_YCbCr:
        info->out_color_space = JCS_EXT_RGBA;
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        info->out_color_space = JCS_CMYK;
        cmyk = 1;
        break;
    default:
        return MLIMAGE_INVALID;
    }

    enum mlimage_status status = mlimage_allocate(image, info->image_width, info->image_height);
    if (status != MLIMAGE_OK)
        return status;
    if (!jpeg_start_decompress(info))
        return MLIMAGE_INVALID;
    ((struct errors *)info->err)->reading_rows = 1;

    size_t stride = (size_t)image->width * 4;
    uint8_t *row = image->pixels;
    for (int32_t y = 0; y < image->height; y++, row += stride) {
        if (jpeg_read_scanlines(info, &row, 1) == 0)
            break;
        if (cmyk)
            inverted_cmyk_to_rgba(row, image->width);
    }
    return MLIMAGE_OK;
}

enum mlimage_status mlimage_decode_jpeg(const uint8_t *data, size_t size, struct mlimage *image)
{
    struct jpeg_decompress_struct info = { 0 };
    struct jpeg_progress_mgr progress = { .progress_monitor = limit_scans };
    struct jpeg_source_mgr source = {
        .next_input_byte = data,
        .bytes_in_buffer = size,
        .init_source = no_op,
        .fill_input_buffer = end_of_data,
        .skip_input_data = skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = no_op,
    };
    struct errors errors;
    enum mlimage_status status;

    info.err = catch_errors(&errors);
    if (setjmp(errors.on_error)) {
        /* Skia reads no header as no image, but an error in the rows as an image without any row. */
        if (errors.reading_rows)
            memset(image->pixels, 0, (size_t)image->width * (size_t)image->height * 4);
        jpeg_destroy_decompress(&info);
        return errors.reading_rows ? MLIMAGE_OK : MLIMAGE_INVALID;
    }

    jpeg_create_decompress(&info);
    info.src = &source;
    info.progress = &progress;
    info.mem->max_memory_to_use = INT32_MAX;
    status = read_image(&info, image);
    jpeg_destroy_decompress(&info);
    return status;
}

void mlimage_encode_jpeg(const uint8_t *pixels, int32_t width, int32_t height, int32_t bgra, uint8_t **encoded, size_t *size)
{
    struct jpeg_compress_struct info = { 0 };
    struct errors errors;
    /* Allocated, because locals that libjpeg changes behind setjmp are lost on an error. */
    struct output {
        unsigned char *data;
        unsigned long size;
    } *output = calloc(1, sizeof *output);

    *encoded = NULL;
    *size = 0;
    if (!output)
        return;
    info.err = catch_errors(&errors);
    if (setjmp(errors.on_error)) {
        jpeg_destroy_compress(&info);
        free(output->data);
        free(output);
        return;
    }

    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &output->data, &output->size);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = 4;
    info.in_color_space = bgra ? JCS_EXT_BGRX : JCS_EXT_RGBX;
    jpeg_set_defaults(&info);
    info.optimize_coding = TRUE;
    jpeg_set_quality(&info, 100, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)(pixels + (size_t)info.next_scanline * (size_t)width * 4);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    *encoded = output->data;
    *size = output->size;
    free(output);
}
