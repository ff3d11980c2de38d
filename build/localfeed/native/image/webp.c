#include "mlimage.h"

#include <webp/decode.h>
#include <webp/demux.h>

/* Decodes one frame into its place on the canvas. */
static enum mlimage_status decode_frame(const WebPIterator *frame, int alpha, const struct mlimage *image)
{
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return MLIMAGE_INVALID;

    size_t stride = (size_t)image->width * 4;
    size_t offset = (size_t)frame->y_offset * stride + (size_t)frame->x_offset * 4;
    config.output.colorspace = alpha ? MODE_rgbA : MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image->pixels + offset;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * (size_t)image->height - offset;

    /* The incremental interface keeps the rows that a cut-off file still holds. */
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, &config);
    if (!decoder)
        return MLIMAGE_TOO_LARGE;
    VP8StatusCode code = WebPIUpdate(decoder, frame->fragment.bytes, frame->fragment.size);
    int rows = 0;
    if (code == VP8_STATUS_SUSPENDED || code == VP8_STATUS_NOT_ENOUGH_DATA)
        WebPIDecGetRGB(decoder, &rows, NULL, NULL, NULL);
    WebPIDelete(decoder);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK || rows > 0 ? MLIMAGE_OK : MLIMAGE_INVALID;
}

enum mlimage_status mlimage_decode_webp(const uint8_t *data, size_t size, struct mlimage *image)
{
    WebPData file = { data, size };
    WebPDemuxState state;
    WebPDemuxer *demuxer = WebPDemuxPartial(&file, &state);
    if (!demuxer)
        return MLIMAGE_INVALID;

    enum mlimage_status status = MLIMAGE_INVALID;
    WebPIterator frame;
    if ((state == WEBP_DEMUX_PARSED_HEADER || state == WEBP_DEMUX_DONE) && WebPDemuxGetFrame(demuxer, 1, &frame)) {
        uint32_t width = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH);
        uint32_t height = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT);
        status = mlimage_allocate(image, width, height);
        if (status == MLIMAGE_OK) {
            int alpha = frame.has_alpha || (uint32_t)frame.width != width || (uint32_t)frame.height != height;
            status = decode_frame(&frame, alpha, image);
        }
        WebPDemuxReleaseIterator(&frame);
    }
    WebPDemuxDelete(demuxer);
    return status;
}
