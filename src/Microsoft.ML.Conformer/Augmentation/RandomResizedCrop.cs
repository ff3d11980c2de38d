namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>
/// Draws the part of a training image that is resized to the network's input (Szegedy et al., 2015): area uniform within fractions of the
/// image's, width over height log-uniform, place uniform. After 10 misfits the largest central box of an allowed aspect (torchvision).
/// </summary>
internal readonly record struct RandomResizedCrop(double MinArea, double MaxArea, double MinAspect = 3.0 / 4, double MaxAspect = 4.0 / 3)
{
    private const int Tries = 10;

    public SourceBox Draw(int width, int height, ImageRandom random)
    {
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)width * height * random.NextDouble(MinArea, MaxArea);
            var aspect = Math.Exp(random.NextDouble(Math.Log(MinAspect), Math.Log(MaxAspect)));
            var cropWidth = (int)Math.Round(Math.Sqrt(area * aspect));
            var cropHeight = (int)Math.Round(Math.Sqrt(area / aspect));
            if (cropWidth > 0 && cropWidth <= width && cropHeight > 0 && cropHeight <= height)
            {
                var (left, top) = (random.NextInt32(width - cropWidth + 1), random.NextInt32(height - cropHeight + 1));
                return new SourceBox(left, top, left + cropWidth, top + cropHeight);
            }
        }
        return Central(width, height);
    }

    private SourceBox Central(int width, int height)
    {
        var cropWidth = Math.Clamp((int)Math.Round(height * MaxAspect), 1, width);
        var cropHeight = Math.Clamp((int)Math.Round(width / MinAspect), 1, height);
        var (left, top) = ((width - cropWidth) / 2, (height - cropHeight) / 2);
        return new SourceBox(left, top, left + cropWidth, top + cropHeight);
    }
}
