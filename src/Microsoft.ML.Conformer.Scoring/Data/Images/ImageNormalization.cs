namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// How a network's input follows from pixels: (value / 255 - mean) / standard deviation, for red, green and blue. The figures are those of
/// ImageNet, which the published Conformers were trained with.
/// </summary>
internal static class ImageNormalization
{
    /// <summary>Means of red, green and blue, of values from 0 to 1: 0.485, 0.456, 0.406.</summary>
    public static ReadOnlySpan<float> Mean => [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviations of red, green and blue, of values from 0 to 1: 0.229, 0.224, 0.225.</summary>
    public static ReadOnlySpan<float> StandardDeviation => [0.229f, 0.224f, 0.225f];
}
