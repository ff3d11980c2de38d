using Microsoft.ML;
using Microsoft.ML.Data;

namespace FineTune;

/// <summary>The images to train on and those to validate with: columns ImagePath and Label (the class's name).</summary>
internal sealed record ImageFolders(IDataView Training, IDataView Validation)
{
    /// <summary>Takes <paramref name="folder"/>'s train/ and val/, or splits its class folders 80/20 where it has neither.</summary>
    /// <exception cref="InvalidDataException">
    /// Only one of the two is there, or there are images to validate with of a class that there are none of to train on.
    /// </exception>
    public static ImageFolders Load(MLContext mlContext, string folder, int seed)
    {
        var (train, val) = (Path.Combine(folder, "train"), Path.Combine(folder, "val"));
        if (!Directory.Exists(train) && !Directory.Exists(val))
        {
            var split = mlContext.Data.TrainTestSplit(mlContext.Data.LoadFromImageFolder(folder), testFraction: 0.2, seed: seed);
            var parts = new ImageFolders(split.TrainSet, split.TestSet);
            var lost = Classes(parts.Validation).Except(Classes(parts.Training)).ToList();
            return lost.Count == 0
                ? parts
                : throw new InvalidDataException(
                    $"{folder} has too few images to split: none is left to train on of {string.Join(", ", lost)}. Add images, or make " +
                    "folders train and val.");
        }
        foreach (var part in new[] { train, val })
            if (!Directory.Exists(part))
                throw new InvalidDataException($"{folder} has only one of train and val: there is no folder {part}.");

        var folders = new ImageFolders(mlContext.Data.LoadFromImageFolder(train), mlContext.Data.LoadFromImageFolder(val));
        var unknown = Classes(folders.Validation).Except(Classes(folders.Training)).ToList();
        if (unknown.Count > 0)
            throw new InvalidDataException($"{val} has classes that {train} lacks: {string.Join(", ", unknown)}.");
        return folders;
    }

    /// <summary>
    /// Leaves out the validation images that cannot be read, and says which: scoring them is an error. (Of the training images the
    /// trainer takes care by itself.)
    /// </summary>
    public ImageFolders WithReadableValidation(MLContext mlContext)
    {
        var files = mlContext.Data.CreateEnumerable<ImageFile>(Validation, reuseRowObject: false).Where(IsReadable).ToList();
        return this with { Validation = mlContext.Data.LoadFromEnumerable(files) };
    }

    private static bool IsReadable(ImageFile file)
    {
        try
        {
            using var image = MLImage.CreateFromFile(file.ImagePath);
            return true;
        }
        // Decoders throw what they like.
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Console.Error.WriteLine($"warning: Skipped a validation image. '{file.ImagePath}' cannot be read: {exception.Message}");
            return false;
        }
    }

    private static IEnumerable<string> Classes(IDataView images) => images.GetColumn<string>("Label").Distinct();
}
