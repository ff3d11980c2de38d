using Microsoft.ML;

namespace Samples.Shared;

/// <summary>An image file and its class: a row of a data view.</summary>
public sealed class ImageFile
{
    /// <summary>Path of the image.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>The class's name.</summary>
    public string Label { get; set; } = "";
}

/// <summary>The images to train on, those to validate with or select by, and those that are held out for the last word, if any.</summary>
public sealed record ImageSplits(IReadOnlyList<ImageFile> Training, IReadOnlyList<ImageFile> Validation, IReadOnlyList<ImageFile> HeldOut)
{
    private const double Fraction = 0.2;

    /// <summary>Takes the sub-folders train, val and test of a folder, and splits where one is lacking.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="folder">The folder: with train/ and val/, or with class folders only, a fifth of which becomes val.</param>
    /// <param name="seed">Fixes the split.</param>
    /// <param name="holdOut">Whether to hold images out: those of test/, else val/ and a fifth of train/ takes val's place.</param>
    /// <exception cref="InvalidDataException">A class has too few images to split, or a part has one that train lacks.</exception>
    /// <exception cref="IOException">Only one of train and val is there.</exception>
    public static ImageSplits Load(MLContext mlContext, string folder, int seed, bool holdOut)
    {
        var (train, val, test) = (Path.Combine(folder, "train"), Path.Combine(folder, "val"), Path.Combine(folder, "test"));
        var isSplit = Directory.Exists(train) || Directory.Exists(val);
        var (training, validation) = isSplit
            ? (Files(mlContext, train), Files(mlContext, val))
            : Split(Files(mlContext, folder), seed);
        var splits = new ImageSplits(training, validation, []);
        if (holdOut && isSplit && Directory.Exists(test))
        {
            splits = splits with { HeldOut = Files(mlContext, test) };
        }
        else if (holdOut)
        {
            var (most, fifth) = Split(training, seed);
            splits = new ImageSplits(most, fifth, validation);
        }
        var others = splits.Validation.Concat(splits.HeldOut);
        var unknown = others.Select(file => file.Label).Except(training.Select(file => file.Label)).ToList();
        return unknown.Count == 0
            ? splits
            : throw new InvalidDataException($"{folder} has classes that {train} lacks: {string.Join(", ", unknown)}.");
    }

    /// <summary>The images of a folder with a folder for each class.</summary>
    public static List<ImageFile> Files(MLContext mlContext, string folder) =>
        [.. mlContext.Data.CreateEnumerable<ImageFile>(mlContext.Data.LoadFromImageFolder(folder), reuseRowObject: false)];

    /// <summary>Takes a fifth of each class, at random.</summary>
    private static (List<ImageFile> Most, List<ImageFile> Fifth) Split(List<ImageFile> files, int seed)
    {
        var random = new Random(seed);
        var (most, fifth) = (new List<ImageFile>(), new List<ImageFile>());
        foreach (var ofClass in files.GroupBy(file => file.Label))
        {
            var shuffled = ofClass.ToArray();
            random.Shuffle(shuffled);
            var count = Math.Max(1, (int)Math.Round(shuffled.Length * Fraction));
            if (count == shuffled.Length)
                throw new InvalidDataException($"The class {ofClass.Key} has too few images to split: {shuffled.Length}.");
            fifth.AddRange(shuffled[..count]);
            most.AddRange(shuffled[count..]);
        }
        return (most, fifth);
    }
}
