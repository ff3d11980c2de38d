namespace Microsoft.ML.Runtime;

/// <summary>Argument and state checks, with the exception types that ML.NET throws.</summary>
internal static class Contracts
{
    public static InvalidOperationException Except(string message) => new(message);

    public static InvalidOperationException Except(this IExceptionContext context, string message) =>
        Mark(context, new InvalidOperationException(message));

    public static ArgumentOutOfRangeException ExceptParam(string name, string message) => new(name, message);

    public static ArgumentOutOfRangeException ExceptParam(this IExceptionContext context, string name, string message) =>
        Mark(context, new ArgumentOutOfRangeException(name, message));

    public static ArgumentOutOfRangeException ExceptUserArg(this IExceptionContext context, string name, string message) =>
        Mark(context, new ArgumentOutOfRangeException(name, message));

    public static FormatException ExceptDecode(this IExceptionContext context, string message, Exception inner = null) =>
        Mark(context, new FormatException(message, inner));

    public static NotSupportedException ExceptNotSupp(this IExceptionContext context, string message) =>
        Mark(context, new NotSupportedException(message));

    /// <summary>The error for a column that is absent.</summary>
    /// <param name="columnRole">What the column was wanted for, such as "input" or "label".</param>
    public static ArgumentOutOfRangeException ExceptSchemaMismatch(
        this IExceptionContext context, string name, string columnRole, string columnName) =>
        Mark(context, new ArgumentOutOfRangeException(name, $"Could not find {columnRole} column '{columnName}'"));

    /// <summary>The error for a column of the wrong type.</summary>
    public static ArgumentOutOfRangeException ExceptSchemaMismatch(
        this IExceptionContext context, string name, string columnRole, string columnName, string expectedType, string actualType) =>
        Mark(context, new ArgumentOutOfRangeException(name,
            $"Schema mismatch for {columnRole} column '{columnName}': expected {expectedType}, got {actualType}"));

    public static void Check(bool condition, string message)
    {
        if (!condition)
            throw Except(message);
    }

    public static void Check(this IExceptionContext context, bool condition, string message)
    {
        if (!condition)
            throw context.Except(message);
    }

    public static void CheckDecode(this IExceptionContext context, bool condition, string message)
    {
        if (!condition)
            throw context.ExceptDecode(message);
    }

    public static void CheckParam(bool condition, string name)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(name);
    }

    public static void CheckParam(bool condition, string name, string message)
    {
        if (!condition)
            throw ExceptParam(name, message);
    }

    public static void CheckParam(this IExceptionContext context, bool condition, string name, string message)
    {
        if (!condition)
            throw context.ExceptParam(name, message);
    }

    public static void CheckUserArg(this IExceptionContext context, bool condition, string name, string message)
    {
        if (!condition)
            throw context.ExceptUserArg(name, message);
    }

    public static T CheckValue<T>(T value, string name)
        where T : class =>
        value ?? throw new ArgumentNullException(name);

    public static T CheckValue<T>(this IExceptionContext context, T value, string name)
        where T : class =>
        value ?? throw Mark(context, new ArgumentNullException(name));

    public static string CheckNonEmpty(string value, string name) =>
        string.IsNullOrEmpty(value) ? throw ExceptParam(name, $"{name} cannot be null or empty") : value;

    public static string CheckNonEmpty(this IExceptionContext context, string value, string name) =>
        string.IsNullOrEmpty(value) ? throw context.ExceptParam(name, $"{name} cannot be null or empty") : value;

    public static TItem[] CheckNonEmpty<TItem>(this IExceptionContext context, TItem[] value, string name) =>
        value is null || value.Length == 0 ? throw context.ExceptParam(name, $"{name} cannot be null or empty") : value;

    /// <summary>Throws once the environment that <paramref name="env"/> is a host of was canceled.</summary>
    public static void CheckAlive(this IHostEnvironment env)
    {
        if (env is ICancelable { IsCanceled: true })
            throw env.Process(new OperationCanceledException("Operation was canceled."));
    }

    private static TException Mark<TException>(IExceptionContext context, TException exception)
        where TException : Exception =>
        context is null ? exception : context.Process(exception);
}
