using System.Globalization;
using Microsoft.ML.Conformer.Benchmarks.Training;

namespace Microsoft.ML.Conformer.Benchmarks;

/// <summary>A measurement's options, each with a value.</summary>
internal sealed class Arguments(string[] arguments)
{
    private readonly Dictionary<string, string> _given = arguments.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    public IReadOnlyList<int> Seeds => [.. Text("--seeds", "0").Split(',').Select(seed => int.Parse(seed, CultureInfo.InvariantCulture))];

    public string Text(string name, string? otherwise = null) =>
        _given.GetValueOrDefault(name) ?? otherwise ?? throw new ArgumentException($"{name} is missing.");

    public int Number(string name, int otherwise) => int.Parse(Text(name, $"{otherwise}"), CultureInfo.InvariantCulture);

    public T Choice<T>(string name, T otherwise) where T : struct, Enum => Enum.Parse<T>(Text(name, $"{otherwise}"), ignoreCase: true);

    public bool Has(string name) => _given.ContainsKey(name);

    public ImageClassificationTrainerOptions Options(Photos photos, int seed)
    {
        var (recipe, network) = (Text("--recipe", "{ \"epochs\": 15 }"), Text("--network", "Conformer"));
        ImageClassificationTrainerOptions options = network == "Conformer"
            ? new ConformerTrainer.Options()
            : new ConTNetTrainer.Options { Variant = Choice("--network", ConTNetVariant.Tiny) };
        options.Recipe = recipe.StartsWith('{') ? TrainingRecipe.FromJson(recipe) : TrainingRecipe.Load(recipe);
        options.ImageSize = Number("--size", 64);
        options.BatchSize = Number("--batch", 32);
        options.Seed = seed;
        options.Precision = Choice("--precision", TrainingPrecision.Auto);
        options.Validation.Data = photos.Validation;
        return options;
    }
}
