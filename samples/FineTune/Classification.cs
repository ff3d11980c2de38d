using Microsoft.ML.Data;

namespace FineTune;

/// <summary>A row for a prediction engine.</summary>
internal sealed class ImageFile
{
    /// <summary>Path of the image.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>Its class, where known.</summary>
    public string Label { get; set; } = "";
}

/// <summary>What a model says about an image.</summary>
internal sealed class Classification
{
    /// <summary>The most probable class.</summary>
    public string PredictedClass { get; set; } = "";

    /// <summary>The probability (0-1) of each class.</summary>
    [VectorType]
    public float[] Score { get; set; } = [];
}
