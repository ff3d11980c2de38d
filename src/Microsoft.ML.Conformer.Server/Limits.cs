namespace Conformer.Server;

/// <summary>What a request may ask for, and what all of them may take together. The defaults let a 40-megapixel photo pass.</summary>
internal sealed record Limits
{
    /// <summary>Images in one request. Default 32.</summary>
    public int MaxImages { get; init; } = 32;

    /// <summary>Bytes of one image file. Default 20 MB.</summary>
    public int MaxImageBytes { get; init; } = 20_000_000;

    /// <summary>Bytes of one request's body. Default 32 MB.</summary>
    public int MaxRequestBytes { get; init; } = 32_000_000;

    /// <summary>Width times height of one image, read from its header before it is decoded. Default 40 million.</summary>
    public int MaxPixels { get; init; } = 40_000_000;

    /// <summary>
    /// Pixels of all images that are being decoded, wait, or are being scored; further images wait in their files' form. Default 256
    /// million: about 1 GB once decoded, at 4 bytes each, and up to 2.5 GB while decoding, since progressive JPEGs take up to 6 bytes
    /// more; an image being scored takes 3 more, as a detector's does while it is made smaller, as many at a time as there are
    /// processors. At least maxPixels; where it is more by an eighth of itself, that is for images of at
    /// most a 64th, which large ones would keep out.
    /// </summary>
    public int MaxPixelsInMemory { get; init; } = 256_000_000;

    /// <summary>
    /// Requests for predictions in progress; further ones are turned away. Default 128. Times maxRequestBytes, this is how
    /// many bytes uploads have at most. In memory they take up to twice that, and a file three times its bytes while it is being read,
    /// since its buffer doubles as it grows.
    /// </summary>
    public int MaxRequests { get; init; } = 128;

    /// <summary>
    /// Requests for explanations in progress, of which one image is explained and the others wait with their bytes; further ones are turned
    /// away. Default 8.
    /// </summary>
    public int MaxExplanations { get; init; } = 8;
}
