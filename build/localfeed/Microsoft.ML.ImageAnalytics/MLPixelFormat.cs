namespace Microsoft.ML.Data;

/// <summary>The order of the four bytes of a pixel.</summary>
public enum MLPixelFormat
{
    /// <summary>Not known; no image has it.</summary>
    Unknown = 0,

    /// <summary>Blue, green, red, alpha.</summary>
    Bgra32 = 1,

    /// <summary>Red, green, blue, alpha.</summary>
    Rgba32 = 2,
}
