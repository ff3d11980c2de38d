using FineTune;
using Microsoft.ML;

namespace AutoMLSweep;

/// <summary>
/// The images to train trials on, those to judge them by, and those that no trial sees, for the last word on the best one.
/// </summary>
internal sealed record ImageSplits(IReadOnlyList<ImageFile> Training, IReadOnlyList<ImageFile> Validation, IReadOnlyList<ImageFile> HeldOut)
{
    private const double Fraction = 0.2;

    /// <summary>Splits a folder as its sub-folders allow: see the command line's --data.</summary>
    /// <exception cref="InvalidDataException">
    /// A part is missing, a class has too few images to split, or a part has a class that the training images lack.
    /// </exception>
    public static ImageSplits Load(MLContext mlContext, string folder, int seed)
    {
        var (train, val, test) = (Path.Combine(folder, "train"), Path.Combine(folder, "val"), Path.Combine(folder, "test"));
        if (!Directory.Exists(train) && !Directory.Exists(val))
        {
            var (rest, heldOut) = Split(Files(mlContext, folder), seed);
            var (training, validation) = Split(rest, seed);
            return new ImageSplits(training, validation, heldOut);
        }
        foreach (var part in new[] { train, val })
            if (!Directory.Exists(part))
                throw new InvalidDataException($"{folder} has only one of train and val: there is no folder {part}.");
        if (Directory.Exists(test))
            return Of(mlContext, train, val, test);

        var (most, some) = Split(Files(mlContext, train), seed);
        return new ImageSplits(most, some, Files(mlContext, val)).Check(val);
    }

    /// <summary>Takes three folders of class folders as they are.</summary>
    /// <exception cref="InvalidDataException">A part has a class that <paramref name="train"/> lacks.</exception>
    public static ImageSplits Of(MLContext mlContext, string train, string validation, string heldOut) =>
        new ImageSplits(Files(mlContext, train), Files(mlContext, validation), Files(mlContext, heldOut))
            .Check($"{validation} or {heldOut}");

    private ImageSplits Check(string where)
    {
        var unknown = Validation.Concat(HeldOut).Select(file => file.Label).Except(Training.Select(file => file.Label)).ToList();
        return unknown.Count == 0
            ? this
            : throw new InvalidDataException($"{where} has classes that the training images lack: {string.Join(", ", unknown)}.");
    }

    private static List<ImageFile> Files(MLContext mlContext, string folder)
    {
        var images = mlContext.Data.LoadFromImageFolder(folder);
        return [.. mlContext.Data.CreateEnumerable<ImageFile>(images, reuseRowObject: false, ignoreMissingColumns: true)];
    }

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
