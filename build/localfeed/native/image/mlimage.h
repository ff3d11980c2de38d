/* Image decoding and encoding for MLImage, over the system's libjpeg-turbo, libpng and libwebp.
 *
 * The outcome of a decode follows SkiaSharp's SKBitmap.Decode, on which the real MLImage is built: a file that ends early gives the
 * rows that are there, the others zero; a file whose data are wrong gives no image. */
#ifndef MLIMAGE_H
#define MLIMAGE_H

#include <stddef.h>
#include <stdint.h>

#define MLIMAGE_EXPORT __attribute__((visibility("default")))

enum mlimage_status {
    MLIMAGE_OK = 0,
    MLIMAGE_INVALID = 1,     /* not an image, or one whose data are wrong */
    MLIMAGE_TOO_LARGE = 2,   /* the pixels would not fit into memory */
    MLIMAGE_UNSUPPORTED = 3, /* a format that Skia reads and this library does not: GIF, BMP */
};

/* 32 bits per pixel, rows without padding, alpha premultiplied. */
struct mlimage {
    int32_t width;
    int32_t height;
    int32_t gray; /* 1: the file holds gray values only (Skia then gives an 8-bit gray bitmap) */
    uint8_t *pixels;
};

/* Sets the size and allocates zeroed pixels. */
enum mlimage_status mlimage_allocate(struct mlimage *image, uint32_t width, uint32_t height);

/* Each decoder leaves the pixels for the caller to free, whatever it returns. */
enum mlimage_status mlimage_decode_jpeg(const uint8_t *data, size_t size, struct mlimage *image);
enum mlimage_status mlimage_decode_png(const uint8_t *data, size_t size, struct mlimage *image);
enum mlimage_status mlimage_decode_webp(const uint8_t *data, size_t size, struct mlimage *image);

/* Decodes by the signature at the start of the file; *image is without pixels unless the status is MLIMAGE_OK. */
MLIMAGE_EXPORT enum mlimage_status mlimage_decode(const uint8_t *data, size_t size, struct mlimage *image);

/* Encode at the best quality. *encoded is null on failure. The pixels are RGBA, or BGRA when bgra is not 0, and not premultiplied. */
MLIMAGE_EXPORT void mlimage_encode_jpeg(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t bgra, uint8_t **encoded, size_t *size);
MLIMAGE_EXPORT void mlimage_encode_png(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t bgra, uint8_t **encoded, size_t *size);

/* Zeroed pixels, or null when they would not fit into memory. */
MLIMAGE_EXPORT uint8_t *mlimage_new(int32_t width, int32_t height);

/* Frees pixels and encoded files. */
MLIMAGE_EXPORT void mlimage_free(void *memory);

#endif
