namespace Microsoft.ML.Conformer;

/// <summary>What shows through an image's transparent pixels.</summary>
public enum ImageBackground
{
    /// <summary>Black, as ML.NET's ExtractPixels has it; the default.</summary>
    Black,

    /// <summary>White, as browsers and most drawings have it.</summary>
    White,
}
