using System.Globalization;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Reads the classes of a YOLO data set: the <c>names</c> of data.yaml, a list or numbers with names, written in one line or in one for
/// each; or a name in each line of classes.txt.
/// </summary>
internal static class YoloNames
{
    private static readonly string[] _files = ["data.yaml", "data.yml", "dataset.yaml", "classes.txt", "obj.names"];

    /// <summary>The files that are looked for, for messages.</summary>
    public static string Files => string.Join(", ", _files);

    /// <summary>The classes that the first of the files has; null where none is in any of the folders.</summary>
    /// <exception cref="InvalidDataException">It has no classes; the message names the file.</exception>
    public static IReadOnlyList<string>? Find(IEnumerable<string> folders)
    {
        var file = folders.SelectMany(folder => _files.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (file is null)
            return null;
        PlainFile.ThrowIfOther(file);
        var names = Path.GetExtension(file) is ".yaml" or ".yml" ? OfYaml(file) : OfLines(file);
        return names.Count > 0 && names.All(name => name.Length > 0)
            ? names
            : throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}' has no names of classes: expected names: [cat, dog], a line - cat for each, or 0: cat.");
    }

    private static List<string> OfLines(string file)
    {
        List<string> names = [.. Lines(file).Select(line => line.Trim())];
        while (names is [.., ""])
            names.RemoveAt(names.Count - 1);
        return names;
    }

    private static List<string> OfYaml(string file)
    {
        var lines = Lines(file).Select(WithoutComment).ToList();
        var start = lines.FindIndex(line => line.StartsWith("names:", StringComparison.Ordinal));
        if (start < 0)
            return [];
        var inline = lines[start]["names:".Length..].Trim();
        IEnumerable<string> entries = inline.Length == 0
            ? lines.Skip(start + 1).TakeWhile(line => line.Length == 0 || line[0] is ' ' or '\t' or '-')
                .Select(line => line.Trim()).Where(line => line.Length > 0)
            : Split(string.Concat(lines.Skip(start + 1).TakeWhile(line => line.Length == 0 || line[0] is ' ' or '\t' or ']' or '}')
                .Prepend(inline)).Trim());
        var names = new SortedDictionary<int, string>();
        foreach (var entry in entries)
        {
            var colon = entry.IndexOf(':');
            var hasNumber = int.TryParse(
                colon < 0 ? "" : entry[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            names[hasNumber ? number : names.Count] = Unquoted(
                hasNumber ? entry[(colon + 1)..] : entry.StartsWith("- ", StringComparison.Ordinal) ? entry[2..] : entry);
        }
        return names.Keys.SequenceEqual(Enumerable.Range(0, names.Count)) ? [.. names.Values] : [];
    }

    /// <summary>The entries of [a, b] or {0: a, 1: b}; commas in quotes are part of a name.</summary>
    private static IEnumerable<string> Split(string list)
    {
        if (list is not (['[', .., ']'] or ['{', .., '}']))
            yield break;
        var (start, quote) = (1, '\0');
        for (var at = 1; at < list.Length; at++)
        {
            quote = QuoteAfter(list, at, quote);
            if (quote != '\0' || !(list[at] == ',' || at == list.Length - 1))
                continue;
            if (list[start..at].Trim() is { Length: > 0 } entry)
                yield return entry;
            start = at + 1;
        }
    }

    /// <summary>The quote that is open behind a character, or none. It opens where an entry begins: in it's it stands for itself.</summary>
    private static char QuoteAfter(string text, int at, char quote)
    {
        if (quote != '\0')
            return text[at] == quote ? '\0' : quote;
        var opens = text[at] is '\'' or '"' && text.AsSpan(0, at).TrimEnd() is [] or [.., '[' or '{' or ',' or ':' or '-'];
        return opens ? text[at] : '\0';
    }

    private static string Unquoted(string entry) => entry.Trim() is ['\'', .. var single, '\''] ? single.Replace("''", "'")
        : entry.Trim() is ['"', .. var quoted, '"'] ? quoted
        : entry.Trim();

    private static string WithoutComment(string line)
    {
        var quote = '\0';
        for (var at = 0; at < line.Length; at++)
        {
            quote = QuoteAfter(line, at, quote);
            if (quote == '\0' && line[at] == '#' && (at == 0 || char.IsWhiteSpace(line[at - 1])))
                return line[..at].TrimEnd();
        }
        return line;
    }

    private static List<string> Lines(string file)
    {
        var lines = new List<string>();
        using var reader = new BoundedTextReader(file);
        while (reader.ReadLine() is { } line)
            lines.Add(line.TrimEnd());
        return lines;
    }
}
