using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Recipes;

/// <summary>Recipes as text. A name that a recipe does not have is an error: somebody means a value by it that nobody would heed.</summary>
internal static class RecipeJson
{
    /// <summary>A thousand times a recipe with all its values.</summary>
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions _named = new() { Converters = { new JsonStringEnumConverter() } };

    private static readonly JsonSerializerOptions _options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    private static readonly JsonDocumentOptions _document =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    public static string Write(TrainingRecipe recipe) => JsonSerializer.Serialize(recipe, _options);

    /// <summary>Reads a file in any of Unicode's encodings.</summary>
    public static TrainingRecipe ReadFile(string path, string name)
    {
        using var text = new StreamReader(new MemoryStream(PlainFile.ReadAll(path, MaxBytes)));
        return Read(text.ReadToEnd(), name);
    }

    /// <param name="json">A recipe, whole or in part.</param>
    /// <param name="name">What it is called where it does not say.</param>
    public static TrainingRecipe Read(string json, string name)
    {
        TrainingRecipe? recipe;
        try
        {
            using var document = JsonDocument.Parse(json, _document);
            recipe = document.Deserialize<TrainingRecipe>(_options);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && !root.TryGetProperty("name", out _))
                recipe = recipe! with { Name = name };
        }
        catch (JsonException exception)
        {
            throw new FormatException(VisibleText.Reason(exception));
        }
        if (recipe is null)
            throw new FormatException("It is null.");
        var faults = recipe.Faults().ToList();
        return faults.Count == 0 ? recipe : throw new FormatException(string.Join(" ", faults));
    }

    /// <summary>
    /// Each value that training follows from, by the names of the properties: "Epochs", "Augmentation.RandAugment.Magnitude".
    /// </summary>
    public static IEnumerable<(string Name, object? Value)> Values(TrainingRecipe recipe) =>
        Leaves("", JsonSerializer.SerializeToElement(recipe, _named)).Where(value => value.Name != nameof(TrainingRecipe.Name));

    private static IEnumerable<(string Name, object? Value)> Leaves(string name, JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().SelectMany(
                property => Leaves(name == "" ? property.Name : $"{name}.{property.Name}", property.Value))
            : [(name, element.ValueKind == JsonValueKind.Null ? null : element.ToString())];
}
