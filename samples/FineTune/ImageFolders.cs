using Microsoft.ML;
using Microsoft.ML.Data;

namespace FineTune;

/// <summary>The images to train on and those to validate with: columns ImagePath and Label (the class's name).</summary>
internal sealed record ImageFolders(IDataView Training, IDataView Validation)
{
    /// <summary>Takes <paramref name="folder"/>'s train/ and val/, or splits its class folders 80/20 where it has neither.</summary>
    /// <exception cref="InvalidDataException">Only one of the two is there, or val/ has a class that train/ lacks.</exception>
    public static ImageFolders Load(MLContext mlContext, string folder, int seed)
    {
        var (train, val) = (Path.Combine(folder, "train"), Path.Combine(folder, "val"));
        if (!Directory.Exists(train) && !Directory.Exists(val))
        {
            var split = mlContext.Data.TrainTestSplit(mlContext.Data.LoadFromImageFolder(folder), testFraction: 0.2, seed: seed);
            return new ImageFolders(split.TrainSet, split.TestSet);
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

    private static IEnumerable<string> Classes(IDataView images) => images.GetColumn<string>("Label").Distinct();
}
