using Microsoft.ML.Conformer.Benchmarks.Training;
using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Benchmarks.Evaluation;

/// <summary>
/// How many wrong labels the check of photos finds: puts some photos of each class into a wrong class, asks a model, and prints how many of
/// them are among the first. Options, each with a value: --model, which was trained on other photos; --data, class folders; --seeds 0,1,2;
/// --per-class 4; --first 40; --flip false.
/// </summary>
internal static class SwappedLabels
{
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var context = new MLContext(0);
        var scoring = new ScoringOptions { TestTimeFlip = bool.Parse(given.Text("--flip", "false")) };
        using var model = context.Model.LoadImageClassifier(given.Text("--model"), scoring);
        foreach (var seed in given.Seeds)
        {
            using var folder = new TemporaryFolder();
            var swapped = Copy(given.Text("--data"), folder.Path, given.Number("--per-class", 4), new Random(seed));
            var first = context.Data.CheckImageFolder(folder.Path, model).Findings
                .Where(finding => finding.Kind == ImageFindingKind.LikelyMislabeled).Take(given.Number("--first", 40)).ToList();
            Console.WriteLine($"seed {seed}: {first.Count(finding => swapped.Contains(finding.Files[0].Path))} of {swapped.Count} swapped " +
                $"photos are among the first {first.Count}");
        }
        return 0;
    }

    private static HashSet<string> Copy(string from, string to, int perClass, Random random)
    {
        string[] classes = [.. Directory.GetDirectories(from).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
        Array.ForEach(classes, name => Directory.CreateDirectory(Path.Combine(to, name)));
        var swapped = new HashSet<string>();
        foreach (var (index, name) in classes.Index())
        {
            var photos = Directory.GetFiles(Path.Combine(from, name)).Order(StringComparer.Ordinal).ToArray();
            random.Shuffle(photos);
            foreach (var (rank, photo) in photos.Index())
            {
                var target = rank >= perClass ? name : classes[(index + 1 + random.Next(classes.Length - 1)) % classes.Length];
                var copy = Path.Combine(to, target, Path.GetFileName(photo));
                File.Copy(photo, copy);
                if (target != name)
                    swapped.Add(copy);
            }
        }
        return swapped;
    }
}
