#include "mlimage.h"

#include <stdlib.h>
#include <string.h>

enum mlimage_status mlimage_allocate(struct mlimage *image, uint32_t width, uint32_t height)
{
    /* A span over the pixels counts its bytes in an int. */
    if (width == 0 || height == 0)
        return MLIMAGE_INVALID;
    if ((uint64_t)width * height > INT32_MAX / 4)
        return MLIMAGE_TOO_LARGE;

    image->width = (int32_t)width;
    image->height = (int32_t)height;
    /* calloc, not malloc: large blocks come zeroed from the system and cost nothing until a row is written. */
    image->pixels = calloc((size_t)width * height, 4);
    return image->pixels ? MLIMAGE_OK : MLIMAGE_TOO_LARGE;
}

static int starts_with(const uint8_t *data, size_t size, const void *signature, size_t length)
{
    return size >= length && memcmp(data, signature, length) == 0;
}

MLIMAGE_EXPORT enum mlimage_status mlimage_decode(const uint8_t *data, size_t size, struct mlimage *image)
{
    enum mlimage_status status = MLIMAGE_INVALID;
    memset(image, 0, sizeof *image);

    if (starts_with(data, size, "\xFF\xD8\xFF", 3))
        status = mlimage_decode_jpeg(data, size, image);
    else if (starts_with(data, size, "\x89PNG\r\n\x1A\n", 8))
        status = mlimage_decode_png(data, size, image);
    else if (size >= 14 && starts_with(data, size, "RIFF", 4) && memcmp(data + 8, "WEBPVP", 6) == 0)
        status = mlimage_decode_webp(data, size, image);
    else if (starts_with(data, size, "GIF87a", 6) || starts_with(data, size, "GIF89a", 6) || starts_with(data, size, "BM", 2))
        status = MLIMAGE_UNSUPPORTED;

    if (status != MLIMAGE_OK) {
        free(image->pixels);
        image->pixels = NULL;
    }
    return status;
}

MLIMAGE_EXPORT uint8_t *mlimage_new(int32_t width, int32_t height)
{
    struct mlimage image = { 0 };
    if (width > 0 && height > 0)
        mlimage_allocate(&image, (uint32_t)width, (uint32_t)height);
    return image.pixels;
}

MLIMAGE_EXPORT void mlimage_free(void *memory)
{
    free(memory);
}
