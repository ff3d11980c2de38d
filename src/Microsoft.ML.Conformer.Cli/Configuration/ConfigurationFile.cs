using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Conformer.Cli.Configuration;

/// <summary>A value of a configuration.</summary>
/// <param name="Name">The option or argument, without "--".</param>
/// <param name="Texts">Its value, or the values of a list.</param>
/// <param name="Place">Where it stands, for errors.</param>
internal sealed record ConfiguredValue(string Name, IReadOnlyList<string> Texts, string Place);

/// <summary>A YAML or JSON file whose entries are options' names, without "--", and their values.</summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1 << 20;

    /// <summary>As System.Text.Json has it for JSON. The reader of YAML has no limit but the stack.</summary>
    private const int MaxDepth = 64;

    private const string Expected = "A configuration is a list of options and values, such as 'epochs: 15'";

    /// <summary>The values of a file; those that are null or empty lists are left out.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no configuration; the message says where and why.</exception>
    public static IReadOnlyList<ConfiguredValue> Read(string path)
    {
        var file = $"'{VisibleText.OfPath(path)}'";
        using var reader = new StreamReader(new MemoryStream(PlainFile.ReadAll(path, MaxBytes)));
        var text = reader.ReadToEnd();
        var values = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) ? Json(text, file) : Yaml(text, file);
        return [.. values.Where(value => value.Texts.Count > 0)];
    }

    private static List<ConfiguredValue> Json(string text, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{file} holds no JSON object. {Expected}.");
            return [.. document.RootElement.EnumerateObject().Select(property => new ConfiguredValue(
                property.Name, Texts(property.Value, file, property.Name), file))];
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"{file} is no JSON (line {exception.LineNumber + 1}): {VisibleText.Reason(exception)}", exception);
        }
    }

    private static string[] Texts(JsonElement value, string file, string name) => value.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(item =>
            item.ValueKind == JsonValueKind.Array ? throw Nested(file, name) : Texts(item, file, name))],
        JsonValueKind.Object => throw Nested(file, name),
        JsonValueKind.String => [value.GetString()!],
        _ => [value.GetRawText()],
    };

    private static List<ConfiguredValue> Yaml(string text, string file)
    {
        var yaml = new YamlStream();
        try
        {
            ThrowIfDeep(text, file);
            yaml.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw new InvalidDataException($"{file} is no YAML (line {exception.Start.Line}): {VisibleText.Reason(exception)}", exception);
        }
        if (yaml.Documents.Count == 0)
            return [];
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
            throw new InvalidDataException($"{file} is no list of names and values. {Expected}.");
        return [.. root.Children.Select(entry => entry.Key is YamlScalarNode { Value: { } name }
            ? new ConfiguredValue(name, Texts(entry.Value, file, name), $"{file}, line {entry.Key.Start.Line}")
            : throw new InvalidDataException($"{file}, line {entry.Key.Start.Line}: a name is expected. {Expected}."))];
    }

    private static void ThrowIfDeep(string text, string file)
    {
        var (parser, depth) = (new Parser(new StringReader(text)), 0);
        while (parser.MoveNext())
            if ((depth += parser.Current!.NestingIncrease) > MaxDepth)
                throw new InvalidDataException($"{file}, line {parser.Current.Start.Line}: it is nested too deep. {Expected}.");
    }

    private static string[] Texts(YamlNode value, string file, string name) => value switch
    {
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" } => [],
        YamlScalarNode scalar => [scalar.Value ?? ""],
        YamlSequenceNode list => [.. list.Children.SelectMany(item =>
            item is YamlScalarNode ? Texts(item, file, name) : throw Nested(file, name))],
        _ => throw Nested(file, name),
    };

    private static InvalidDataException Nested(string file, string name) =>
        new($"{file}: the value of '{VisibleText.Of(name)}' has values of its own. {Expected}; a list of plain values is fine, too.");
}
