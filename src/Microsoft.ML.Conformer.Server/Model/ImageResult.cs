namespace Conformer.Server.Model;

/// <summary>What a model knows of an image.</summary>
internal abstract record ImageResult;

/// <summary>What a classifier knows of an image.</summary>
/// <param name="Probabilities">Of each class, 0-1; NaN where the image cannot be scored.</param>
internal sealed record ClassScores(float[] Probabilities) : ImageResult;

/// <summary>What a detector finds in an image.</summary>
/// <param name="Width">Of the image, in pixels.</param>
/// <param name="Height">Of the image, in pixels.</param>
/// <param name="Objects">By falling score.</param>
internal sealed record FoundObjects(int Width, int Height, IReadOnlyList<FoundObject> Objects) : ImageResult;

/// <summary>An object in an image.</summary>
/// <param name="Class">Its class, an index.</param>
/// <param name="Score">0-1.</param>
/// <param name="Box">x0, y0, x1, y1 in pixels of the image.</param>
/// <param name="Mask">Makes its mask, COCO's compressed run lengths, at the image's size; null where the detector has none.</param>
internal sealed record FoundObject(int Class, float Score, float[] Box, Func<string>? Mask);
