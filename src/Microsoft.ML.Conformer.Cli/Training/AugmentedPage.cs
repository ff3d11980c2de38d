namespace Conformer.Cli.Training;

/// <summary>A picture of training images as the network would see them.</summary>
internal sealed class AugmentedPage(MLContext mlContext, ImageClassificationTrainer trainer, ImageSplits images, string page)
{
    public static AugmentedPage Prepare(TrainSettings settings, string page)
    {
        ResultFiles.PrepareFile(page);
        if (settings.Data is null)
            throw new ArgumentException("--show-augmented needs DATA.");
        var mlContext = new MLContext(settings.Training.Seed);
        var trainer = settings.Trainer(mlContext);
        return new AugmentedPage(mlContext, trainer, mlContext.Data.LoadImageSplits(settings.Data, settings.Splitting), page);
    }

    public int Save()
    {
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
        trainer.SaveAugmentedExamples(keys.Transform(images.Training), page);
        Console.WriteLine($"augmented: {VisibleText.OfPath(Path.GetFullPath(page))}");
        return 0;
    }
}
