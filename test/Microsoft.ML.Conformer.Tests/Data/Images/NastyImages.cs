namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>What becomes of an image file.</summary>
public enum ImageDecision
{
    /// <summary>Trained on and scored.</summary>
    Used,

    /// <summary>Refused: it is no image, or damaged.</summary>
    Undecodable,

    /// <summary>Refused: pixels are missing.</summary>
    Truncated,

    /// <summary>Refused for its size before it is decoded.</summary>
    TooLarge,
}

/// <summary>
/// What becomes of each file of shared/data/nasty. The decoder decides for most of them: a change here is one of SkiaSharp or ML.NET, or of
/// this library's own checks.
/// </summary>
internal static class NastyImages
{
    /// <summary>Decisions by file name.</summary>
    public static readonly IReadOnlyDictionary<string, ImageDecision> Decisions = new Dictionary<string, ImageDecision>
    {
        ["UPPER CASE name with spaces é写真.JPG"] = ImageDecision.Used,
        ["avif_unsupported.avif"] = ImageDecision.Undecodable,
        ["bad_bmp_really_big.bmp"] = ImageDecision.Undecodable,
        ["bad_bmp_short.bmp"] = ImageDecision.Truncated,
        ["bad_gif_bomb.gif"] = ImageDecision.TooLarge,
        ["bad_gif_zero_width.gif"] = ImageDecision.Undecodable,
        ["bad_html_renamed.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_huffman_overflow.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_max_size.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_missing_sos.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_null_height.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_oss_fuzz.jpeg"] = ImageDecision.Undecodable,
        ["bad_jpeg_truncated.jpg"] = ImageDecision.Undecodable,
        ["bad_jpeg_truncated_half.jpg"] = ImageDecision.Truncated,
        ["bad_jpeg_ultrahdr_mpo_truncated.jpg"] = ImageDecision.Truncated,
        ["bad_png_broken.png"] = ImageDecision.Undecodable,
        ["bad_png_data_stream.png"] = ImageDecision.Undecodable,
        ["bad_png_header_claims_2e9.png"] = ImageDecision.Undecodable,
        ["bad_png_ihdr_crc.png"] = ImageDecision.Undecodable,
        ["bad_png_truncated.png"] = ImageDecision.Truncated,
        ["bad_png_zlib_text_bomb.png"] = ImageDecision.Used, // only its text is bad
        ["bad_text_renamed.jpg"] = ImageDecision.Undecodable,
        ["bad_zero_byte.jpg"] = ImageDecision.Undecodable,
        ["bmp_bitfields32.bmp"] = ImageDecision.Used,
        ["bmp_rgb24.bmp"] = ImageDecision.Used,
        ["bmp_rle8.bmp"] = ImageDecision.Used,
        ["bomb_png_30000x30000_1bit.png"] = ImageDecision.TooLarge,
        ["gif_animated.gif"] = ImageDecision.Used,
        ["gif_still.gif"] = ImageDecision.Used,
        ["jpeg_16bit_qtables.jpg"] = ImageDecision.Used,
        ["jpeg_1x1.jpg"] = ImageDecision.Used,
        ["jpeg_3x2000_gray.jpg"] = ImageDecision.Used,
        ["jpeg_bad_exif.jpg"] = ImageDecision.Undecodable, // its EXIF is the least: three quarters of it are noise, which Pillow shows
        ["jpeg_cmyk_adobe.jpg"] = ImageDecision.Used,
        ["jpeg_cmyk_small.jpg"] = ImageDecision.Used,
        ["jpeg_exif_landscape_6.jpg"] = ImageDecision.Used,
        ["jpeg_exif_orient3.jpg"] = ImageDecision.Used,
        ["jpeg_exif_orient6.jpg"] = ImageDecision.Used,
        ["jpeg_exif_portrait_8.jpg"] = ImageDecision.Used,
        ["jpeg_gray.jpg"] = ImageDecision.Used,
        ["jpeg_icc_big.jpg"] = ImageDecision.Used,
        ["jpeg_junk_in_header.jpg"] = ImageDecision.Used,
        ["jpeg_lossless_sof3.jpg"] = ImageDecision.Undecodable,
        ["jpeg_progressive_3.jpg"] = ImageDecision.Used,
        ["jpeg_progressive_cat.jpg"] = ImageDecision.Used,
        ["jpeg_restart_markers.jpg"] = ImageDecision.Used,
        ["jpeg_rgb_not_ycc.jpg"] = ImageDecision.Used,
        ["jpeg_ycck.jpg"] = ImageDecision.Used,
        ["mismatch_jpeg_named.png"] = ImageDecision.Used,
        ["mismatch_png_named.jpg"] = ImageDecision.Used,
        ["png_16bit_gray_interlaced.png"] = ImageDecision.Used,
        ["png_16bit_gray_trns.png"] = ImageDecision.Used,
        ["png_16bit_rgb.png"] = ImageDecision.Used,
        ["png_16bit_rgba.png"] = ImageDecision.Used,
        ["png_1bit.png"] = ImageDecision.Used,
        ["png_1x1_trns_null.png"] = ImageDecision.Used,
        ["png_4000x1.png"] = ImageDecision.Used,
        ["png_apng_ball.png"] = ImageDecision.Used,
        ["png_exif_orientation.png"] = ImageDecision.Used,
        ["png_gray_alpha.png"] = ImageDecision.Used,
        ["png_palette_alpha.png"] = ImageDecision.Used,
        ["png_rgb_trns.png"] = ImageDecision.Used,
        ["png_rgba_transparent.png"] = ImageDecision.Used,
        ["webp_alpha.webp"] = ImageDecision.Used,
        ["webp_animated.webp"] = ImageDecision.Used,
        ["webp_lossless.webp"] = ImageDecision.Used,
        ["webp_lossy.webp"] = ImageDecision.Used,
    };

    /// <summary>What was decided of a file, as an error's message says; null: there was none.</summary>
    public static ImageDecision Told(string? error) => error switch
    {
        null => ImageDecision.Used,
        _ when error.Contains("pixels; at most", StringComparison.Ordinal) => ImageDecision.TooLarge,
        _ when error.Contains("It is truncated:", StringComparison.Ordinal) => ImageDecision.Truncated,
        _ when error.Contains("It is damaged", StringComparison.Ordinal) || error.Contains("not a JPEG", StringComparison.Ordinal)
            || error.Contains("It is empty", StringComparison.Ordinal) => ImageDecision.Undecodable,
        _ => throw new AssertFailedException(error),
    };
}
